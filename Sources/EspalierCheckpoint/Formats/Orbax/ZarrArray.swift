import EspalierTree

/// What zarr says of an array: its shape, how it is cut into chunks, how these are stored and named.
struct ZarrArray: Sendable {
  let name: [UInt8]
  let shape: [Int]
  /// Of the smallest pieces that are stored by themselves.
  let chunk: [Int]
  /// As the file spells it.
  let typeName: String
  /// Nil for types that are no numbers of whole bytes.
  let dtype: DType?
  let codecs: ZarrCodecs
  /// An element of chunks that are not stored; nil where it cannot be told.
  let fill: [UInt8]?
  let keys: ZarrKeys
  /// Nil where each chunk has a key of its own.
  let shards: ZarrShards?
  /// Why the values cannot be read.
  let obstacle: String?

  static let highestRank = 64

  /// The key of a chunk, or of a shard, by its place in its grid.
  func key(_ place: [Int]) -> [UInt8] { name + [UInt8(ascii: "/")] + keys.name(place) }
}

/// How chunks are called.
struct ZarrKeys: Sendable {
  /// What stands before the numbers, and by itself where there are none.
  var first: [UInt8] = []
  var separator = UInt8(ascii: ".")

  func name(_ place: [Int]) -> [UInt8] {
    if place.isEmpty { return first.isEmpty ? [UInt8(ascii: "0")] : first }
    let numbers = place.map { Array(String($0).utf8) }
    return Array(((first.isEmpty ? [] : [first]) + numbers).joined(separator: [separator]))
  }
}

/// Several chunks under one key, with an index of where each of them is.
struct ZarrShards: Sendable {
  /// Chunks along each axis of a shard.
  let counts: [Int]
  let index: ZarrCodecs
  let isIndexFirst: Bool
}

/// The description of an array, as it is read.
struct ZarrDescription {
  let json: JSONValue
  let name: [UInt8]
  let file: FilePath
  /// The file that it is in, for errors.
  let field: String

  init(_ text: [UInt8], name: [UInt8], file: FilePath, field: String) throws(CheckpointError) {
    json = try JSONDocument(text, origin: ByteOrigin(file: file, offset: nil)).root
    self.name = name
    self.file = file
    self.field = field
  }

  func dimensions(
    _ key: String, of value: JSONValue?, least: Int = 0
  ) throws(CheckpointError) -> [Int] {
    guard let list = value, list.kind == .array, list.count <= ZarrArray.highestRank else {
      throw error(value, key, "a list of at most \(ZarrArray.highestRank) numbers")
    }
    var dimensions: [Int] = []
    for element in list.elements {
      guard let dimension = element.int, dimension >= least else {
        throw error(element, key, "whole numbers from \(least)")
      }
      dimensions.append(dimension)
    }
    return dimensions
  }

  /// - Throws: where `chunk` does not divide `shape`.
  func checkGrid(_ shape: [Int], _ chunk: [Int], _ key: String) throws(CheckpointError) {
    guard chunk.count == shape.count, HDF5ChunkGrid(shape: shape, chunk: chunk) != nil else {
      throw error(nil, key, "as many numbers as dimensions, from 1")
    }
  }

  func error(_ value: JSONValue?, _ key: String, _ expected: String) -> CheckpointError {
    CheckpointError(
      .badValue, file: file, place: name + Array("/\(field), \(key)".utf8),
      found: value.map {
        $0.string ?? $0.number.map { String(decoding: $0.text, as: UTF8.self) } ?? $0.kind.rawValue
      } ?? "nothing",
      expected: expected)
  }
}
