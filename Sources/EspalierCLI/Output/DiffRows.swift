import Espalier

/// Two checkpoints compared leaf by leaf.
struct DiffRows {
  let plan: LoadPlan
  /// Rows with a leaf on either side, and how the sides compare.
  private(set) var rows: [(row: Int, status: RowStatus)] = []
  var isSame: Bool { rows.allSatisfy { $0.status == .equal } }

  init(_ pair: Pair, comparesValues: Bool) throws {
    plan = pair.plan
    let alignment = plan.alignment
    for row in 0..<alignment.count {
      guard alignment.destinationLeaf(row) != nil || alignment.sourceLeaf(row) != nil,
        var status = plan.status(at: row)
      else { continue }
      if comparesValues, status == .equal, let a = alignment.destinationLeaf(row),
        let b = alignment.sourceLeaf(row), alignment.destination.kind(of: a) == .array,
        try !haveEqualBytes(pair.destination, a, pair.source, b)
      {
        status = .value
      }
      rows.append((row, status))
    }
  }

  func writeText(to out: inout StandardStream, all: Bool, notes: [String]) {
    for note in notes { out.line("note: \(note)") }
    var counts: [RowStatus: Int] = [:]
    for (row, status) in rows {
      counts[status, default: 0] += 1
      if all || status != .equal { out.line("\(mark(status)) \(message(row, status))") }
    }
    let parts = RowStatus.allCases.compactMap { status in
      counts[status].map { "\(grouped($0)) \(status.words)" }
    }
    out.line(parts.isEmpty ? "nothing to compare" : parts.joined(separator: ", "))
    let coverage = plan.coverage
    out.line(
      "a load would fill \(grouped(coverage.tensorsLoaded)) of \(counted(coverage.tensors, "array"))"
        + ", \(countText(coverage.parametersLoaded)) of \(countText(coverage.parameters)) parameters"
    )
  }

  func writeJSON(to out: inout StandardStream) {
    let alignment = plan.alignment
    var json = JSONWriter()
    json.beginObject()
    json.key("schema")
    json.integer(1)
    json.key("same")
    json.bool(isSame)
    json.key("coverage")
    json.coverage(plan.coverage)
    json.key("rows")
    json.beginArray()
    for (row, status) in rows {
      json.beginObject()
      json.key("status")
      json.string(status.name)
      json.key("dst")
      json.leaf(alignment.destinationLeaf(row), of: alignment.destination)
      json.key("src")
      json.leaf(alignment.sourceLeaf(row), of: alignment.source)
      json.key("message")
      json.string(message(row, status))
      json.endObject()
      if json.bytes.count > 1 << 16 { out.write(bytes: json.drain()) }
    }
    json.endArray()
    json.endObject()
    out.write(bytes: json.drain())
    out.line()
  }

  private func mark(_ status: RowStatus) -> String {
    switch status {
    case .equal: return "="
    case .shape, .kind, .value: return "!"
    case .dtype: return "~"
    case .onlyDestination: return "<"
    case .onlySource: return ">"
    case .inactive: return "0"
    }
  }

  /// One row in words: both paths where they differ, both shapes and types.
  private func message(_ row: Int, _ status: RowStatus) -> String {
    let alignment = plan.alignment
    let left = alignment.destinationLeaf(row).map {
      (alignment.destination.path(of: $0).description, alignment.destination.summary(of: $0))
    }
    let right = alignment.sourceLeaf(row).map {
      (alignment.source.path(of: $0).description, alignment.source.summary(of: $0))
    }
    switch (left, right) {
    case (let a?, let b?):
      let path = a.0 == b.0 ? a.0 : "\(a.0) | \(b.0)"
      if a.1 == b.1 { return "\(path): \(a.1), \(status == .value ? "other values" : "the same")" }
      return "\(path): destination \(a.1), source \(b.1)"
    case (let a?, nil): return "\(a.0): \(a.1), only in the destination"
    case (nil, let b?): return "\(b.0): \(b.1), only in the source"
    case (nil, nil): return ""
    }
  }
}

extension RowStatus {
  fileprivate var words: String {
    switch self {
    case .equal: return "equal"
    case .shape: return "of another shape"
    case .dtype: return "of another element type"
    case .kind: return "of another kind"
    case .onlyDestination: return "only in the destination"
    case .onlySource: return "only in the source"
    case .inactive: return "switched off with false on one side"
    case .value: return "with other values"
    }
  }
}

extension JSONWriter {
  /// `{"tensors":[loaded, of],"parameters":[loaded, of]}`.
  mutating func coverage(_ coverage: LoadPlan.Coverage) {
    beginObject()
    for (name, loaded, of) in [
      ("tensors", coverage.tensorsLoaded, coverage.tensors),
      ("parameters", coverage.parametersLoaded, coverage.parameters),
    ] {
      key(name)
      beginArray()
      integer(loaded)
      integer(of)
      endArray()
    }
    endObject()
  }
}

/// Compares two arrays of one shape and type piece by piece.
func haveEqualBytes(
  _ a: any TensorSource, _ x: LeafID, _ b: any TensorSource, _ y: LeafID
) throws -> Bool {
  guard a.hasValues(x), b.hasValues(y) else { return true }
  var left = try a.reader(for: x)
  var right = try b.reader(for: y)
  let unit = max(1, a.tree.dtype(of: x).bytesPerBlock)
  let size = (1 << 20) / unit * unit
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * size, alignment: 64)
  defer { buffer.deallocate() }
  let first = UnsafeMutableRawBufferPointer(rebasing: buffer[..<size])
  let second = UnsafeMutableRawBufferPointer(rebasing: buffer[size...])
  while true {
    let count = try left.read(into: first)
    guard try right.read(into: second) == count else { return false }
    if count == 0 { return true }
    guard first[..<count].elementsEqual(second[..<count]) else { return false }
  }
}
