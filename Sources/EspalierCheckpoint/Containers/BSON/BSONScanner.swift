import EspalierTree

/// Reads a BSON file from front to back, strictly: every length exact, every text and document with its
/// end, no key twice, elements of arrays numbered in order. Binaries are passed over.
struct BSONScanner {
  /// How deep documents may stand in documents.
  static let depthLimit = 2000
  /// Values in all; each costs some forty bytes of memory.
  static let valueLimit = 16 << 20
  /// Longer texts are not kept.
  static let textLimit = 1 << 20

  private var document: BSONDocument
  private var window: RegionWindow
  /// Containers that are not at their end yet.
  private var open: [Frame] = []

  private struct Frame {
    var node: Int
    /// Where it ends in the region.
    var end: Int
    var isArray: Bool
    var lastChild: Int32 = -1
    var keys: Set<[UInt8]> = []
  }

  init(_ region: ByteRegion) {
    document = BSONDocument(region: region)
    window = RegionWindow(region)
  }

  consuming func scan() throws(CheckpointError) -> BSONDocument {
    let end = try beginDocument()
    document.nodes.append(BSONDocument.Node(kind: .document, offset: 0))
    open.append(Frame(node: 0, end: end, isArray: false))
    while let end = open.last?.end {
      let start = window.position
      let type = try window.integer(UInt8.self, field: "element type")
      if type != 0 {
        try element(type, at: start)
      } else if window.position == end {
        open.removeLast()
      } else {
        throw error(
          .malformed, at: start, found: "the end of a document",
          expected: "it at byte \(offsetInFile(end - 1)), where its length puts it")
      }
    }
    return document
  }

  /// The length of the whole is the size of the file.
  private mutating func beginDocument() throws(CheckpointError) -> Int {
    let length = Int(try window.integer(Int32.self, field: "document length"))
    let size = document.region.count
    guard length == size, length >= 5 else {
      throw error(
        length > size ? .truncated : length < 5 ? .badHeader : .trailingBytes, at: 0,
        found: "a document of \(byteCount(length))", expected: "\(size), the size of the file")
    }
    return length
  }

  // MARK: Elements

  private mutating func element(_ type: UInt8, at start: Int) throws(CheckpointError) {
    guard let kind = BSONKind(rawValue: type) else {
      let name = BSONKind.otherName(type).map { " (\($0))" } ?? ""
      throw error(
        name.isEmpty ? .malformed : .unsupported, at: start, found: "element type \(type)\(name)",
        expected: "a type that BSON.jl writes")
    }
    guard document.nodes.count < Self.valueLimit else {
      throw error(
        .limitExceeded, at: start, found: "more values", expected: "at most \(Self.valueLimit)")
    }
    var node = BSONDocument.Node(kind: kind, offset: Int32(truncatingIfNeeded: start))
    try key(&node, at: start)
    let index = document.nodes.count
    document.nodes.append(node)
    attach(index)
    switch kind {
    case .document, .array: try container(index, isArray: kind == .array, at: start)
    case .text: try text(index)
    case .binary: try binary(index)
    default: document.nodes[index].first = try number(kind, at: start)
    }
  }

  private mutating func key(
    _ node: inout BSONDocument.Node, at start: Int
  ) throws(CheckpointError) {
    let key = try window.text(until: top.end, field: "key")
    if top.isArray {
      let number = Int(document.nodes[top.node].count)
      guard key.elementsEqual(String(number).utf8) else {
        throw error(
          .malformed, at: start, found: "the key “\(visibleText(key))” in an array",
          expected: "“\(number)”")
      }
      return
    }
    guard open[open.count - 1].keys.insert(key).inserted else {
      throw error(
        .duplicateName, at: start, found: "the key “\(visibleText(key))” a second time",
        expected: "every key once")
    }
    node.keyStart = Int32(truncatingIfNeeded: document.texts.count)
    node.keyCount = Int32(truncatingIfNeeded: key.count)
    document.texts += key
  }

  private mutating func number(
    _ kind: BSONKind, at start: Int
  ) throws(CheckpointError) -> Int64 {
    switch kind {
    case .double, .int64:
      return try window.integer(Int64.self, field: "number")
    case .int32: return Int64(try window.integer(Int32.self, field: "number"))
    case .bool:
      let byte = try window.integer(UInt8.self, field: "Boolean")
      guard byte < 2 else {
        throw error(
          .badValue, at: start, found: "a Boolean of \(byte)", expected: "0 or 1")
      }
      return Int64(byte)
    default: return 0
    }
  }

  private mutating func container(
    _ index: Int, isArray: Bool, at start: Int
  ) throws(CheckpointError) {
    let begin = window.position
    let length = try length(atLeast: 5, "document length", counted: 4)
    guard open.count < Self.depthLimit else {
      throw error(
        .limitExceeded, at: start, found: "documents in documents",
        expected: "at most \(Self.depthLimit) levels")
    }
    open.append(Frame(node: index, end: begin + length, isArray: isArray))
  }

  private mutating func text(_ index: Int) throws(CheckpointError) {
    let count = try length(atLeast: 1, "text length", counted: 0) - 1
    document.nodes[index].count = Int32(truncatingIfNeeded: count)
    if count <= Self.textLimit {
      document.nodes[index].first = Int64(document.texts.count)
      document.texts += try window.bytes(count, field: "text")
    } else {
      try window.skip(count, field: "text")
    }
    let start = window.position
    let end = try window.integer(UInt8.self, field: "text")
    guard end == 0 else {
      throw error(
        .malformed, at: start, found: "a text that ends with byte \(end)", expected: "byte 0")
    }
  }

  private mutating func binary(_ index: Int) throws(CheckpointError) {
    let start = window.position
    let count = try length(atLeast: 0, "binary length", counted: -1)
    let subtype = try window.integer(UInt8.self, field: "binary subtype")
    guard subtype == 0 else {
      throw error(
        .unsupported, at: start, found: "binary of subtype \(subtype)",
        expected: "subtype 0, which BSON.jl writes")
    }
    document.nodes[index].first = Int64(window.position)
    document.nodes[index].count = Int32(truncatingIfNeeded: count)
    try window.skip(count, field: "binary")
  }

  /// A length that fits in the innermost open document, before its end byte.
  ///
  /// - Parameter counted: bytes of the length itself that it counts; less than zero for bytes between
  ///   it and what it counts.
  private mutating func length(
    atLeast minimum: Int, _ field: String, counted: Int
  ) throws(CheckpointError) -> Int {
    let start = window.position
    let length = Int(try window.integer(Int32.self, field: field))
    let available = top.end - 1 - window.position + counted
    guard length >= minimum, length <= available else {
      throw error(
        .malformed, at: start, found: "a \(field) of \(length)",
        expected:
          "\(minimum) to \(max(minimum, available)), which the document around it has room for")
    }
    return length
  }

  // MARK: Help

  private var top: Frame { open[open.count - 1] }

  private mutating func attach(_ index: Int) {
    let number = Int32(truncatingIfNeeded: index)
    let parent = top.node
    if top.lastChild >= 0 {
      document.nodes[Int(top.lastChild)].next = number
    } else {
      document.nodes[parent].first = Int64(number)
    }
    document.nodes[parent].count += 1
    open[open.count - 1].lastChild = number
  }

  private func offsetInFile(_ position: Int) -> Int {
    document.region.range.lowerBound + position
  }

  /// An error with the keys that lead to it.
  private func error(
    _ code: CheckpointError.Code, at position: Int, found: String, expected: String
  ) -> CheckpointError {
    let keys = open.dropFirst().prefix(8).map { frame in
      let node = document.nodes[frame.node]
      return document.texts[Int(node.keyStart)..<Int(node.keyStart) + Int(node.keyCount)]
    }
    let place = keys.filter { !$0.isEmpty }.map { visibleText($0) }.joined(separator: ".")
    return document.region.origin.error(
      code, at: position, field: place.isEmpty ? "BSON" : place, found: found, expected: expected)
  }
}
