import EspalierTree

/// The data files that a manifest or a node refers to, by number.
struct OCDBTFileTable {
  struct Entry: Hashable {
    /// What the paths in the nodes of this file are relative to.
    var base: [UInt8]
    /// From the database's folder.
    var path: [UInt8]
  }

  private(set) var entries: [Entry] = []

  private static let pathLimit = 65_535
  private static let byteLimit = 1 << 26

  /// - Parameter base: what the paths in this record are relative to.
  init(_ cursor: inout ByteCursor, base: [UInt8]) throws(CheckpointError) {
    let start = cursor.position
    let count = try cursor.countVarint("data files")
    guard count > 0 else { return }
    let prefixes = [0] + (try cursor.column(count - 1, "path prefix"))
    let suffixes = try cursor.column(count, "path suffix")
    let bases = try cursor.column(count, "base path")
    var previous: [UInt8] = []
    var total = 0
    for index in 0..<count {
      guard prefixes[index] <= previous.count else {
        throw cursor.origin.error(
          .badValue, at: start, field: "path prefix", found: "\(prefixes[index])",
          expected: "at most \(previous.count), the length of the path before")
      }
      let path =
        previous[..<prefixes[index]] + (try cursor.read(suffixes[index], field: "path suffix"))
      guard bases[index] <= path.count, base.count + path.count <= Self.pathLimit else {
        throw cursor.origin.error(
          .badValue, at: start, field: "base path", found: "\(bases[index]) of \(path.count) bytes",
          expected: "a part of a path of at most \(Self.pathLimit) bytes")
      }
      total += base.count + path.count
      guard total <= Self.byteLimit else {
        throw cursor.origin.error(
          .limitExceeded, at: start, field: "data files", found: "longer paths",
          expected: "at most \(Self.byteLimit) bytes")
      }
      entries.append(Entry(base: base + path[..<bases[index]], path: base + path))
      previous = Array(path)
    }
  }

  func entry(_ number: Int, _ cursor: ByteCursor) throws(CheckpointError) -> Entry {
    guard entries.indices.contains(number) else {
      throw cursor.origin.error(
        .badValue, at: cursor.position, field: "data file", found: "number \(number)",
        expected: "one of \(entries.count)")
    }
    return entries[number]
  }
}

/// A range of a data file.
struct OCDBTReference: Hashable {
  var file: OCDBTFileTable.Entry
  var offset: Int
  var length: Int
}
