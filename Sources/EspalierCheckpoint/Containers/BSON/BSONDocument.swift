/// One value of a BSON file, by its number.
struct BSONID: Hashable, Sendable {
  let index: Int32
}

/// What a value is: the element types that occur in files written by BSON.jl, under BSON's numbers.
enum BSONKind: UInt8, Sendable {
  case double = 1
  case text = 2
  case document = 3
  case array = 4
  case binary = 5
  case bool = 8
  case null = 10
  case int32 = 16
  case int64 = 18

  /// The name of a type that BSON has and BSON.jl does not write; nil where there is no such type.
  static func otherName(_ type: UInt8) -> String? {
    switch type {
    case 6: "undefined"
    case 7: "object ID"
    case 9: "date"
    case 11: "regular expression"
    case 12: "database pointer"
    case 13, 15: "JavaScript"
    case 14: "symbol"
    case 17: "timestamp"
    case 19: "decimal number"
    case 0x7f, 0xff: "minimum or maximum key"
    default: nil
    }
  }
}

/// A BSON file as data. Values lie in one array and refer to each other by number, so that depth costs
/// no stack; binaries stay in the file, and are known by where they lie.
///
/// That is why this is not libbson: it hands out values from a document that is in memory whole, without
/// their places in the file, which reading weights by range and writing over them in a copy need; and
/// what a hostile document may cost in depth and count is not its business.
struct BSONDocument: Sendable {
  struct Node {
    var kind: BSONKind
    /// Where the element begins in the region; BSON's lengths have 31 bits.
    var offset: Int32
    var keyStart: Int32 = 0
    var keyCount: Int32 = 0
    /// A number's bits; where content begins, of text among `texts` (-1 where it was not kept), of
    /// binary in the region; the number of the first child.
    var first: Int64 = -1
    /// Bytes of content, or children.
    var count: Int32 = 0
    var next: Int32 = -1
  }

  var nodes: ContiguousArray<Node> = []
  /// Keys and short texts.
  var texts: [UInt8] = []
  let region: ByteRegion

  let root = BSONID(index: 0)

  // MARK: Values

  func kind(_ id: BSONID) -> BSONKind { nodes[Int(id.index)].kind }
  /// Where the element begins, in bytes from the start of the region.
  func offset(_ id: BSONID) -> Int { Int(nodes[Int(id.index)].offset) }
  /// Children of a container, bytes of text or binary.
  func count(_ id: BSONID) -> Int { Int(nodes[Int(id.index)].count) }

  /// Of an element of a document; empty for elements of arrays.
  func key(_ id: BSONID) -> ArraySlice<UInt8> {
    let node = nodes[Int(id.index)]
    return texts[Int(node.keyStart)..<Int(node.keyStart) + Int(node.keyCount)]
  }

  func integer(_ id: BSONID) -> Int64? {
    let node = nodes[Int(id.index)]
    return node.kind == .int32 || node.kind == .int64 ? node.first : nil
  }

  func double(_ id: BSONID) -> Double? {
    let node = nodes[Int(id.index)]
    return node.kind == .double ? Double(bitPattern: UInt64(bitPattern: node.first)) : nil
  }

  func bool(_ id: BSONID) -> Bool? {
    let node = nodes[Int(id.index)]
    return node.kind == .bool ? node.first != 0 : nil
  }

  /// Nil where it is no text, and where it is longer than ``BSONScanner/textLimit``.
  func text(_ id: BSONID) -> ArraySlice<UInt8>? {
    let node = nodes[Int(id.index)]
    guard node.kind == .text, node.first >= 0 else { return nil }
    return texts[Int(node.first)..<Int(node.first) + Int(node.count)]
  }

  /// Where the bytes of a binary lie in the region.
  func range(_ id: BSONID) -> Range<Int>? {
    let node = nodes[Int(id.index)]
    guard node.kind == .binary else { return nil }
    return Int(node.first)..<Int(node.first) + Int(node.count)
  }

  // MARK: Structure

  struct Children: Sequence, IteratorProtocol {
    let document: BSONDocument
    var at: Int32

    mutating func next() -> BSONID? {
      guard at >= 0 else { return nil }
      defer { at = document.nodes[Int(at)].next }
      return BSONID(index: at)
    }
  }

  /// The elements of a document or an array, in order; none for anything else.
  func children(_ id: BSONID) -> Children {
    let node = nodes[Int(id.index)]
    let isContainer = node.kind == .document || node.kind == .array
    return Children(document: self, at: isContainer ? Int32(truncatingIfNeeded: node.first) : -1)
  }

  /// The element of a document under a key.
  func value(_ id: BSONID, _ key: String) -> BSONID? {
    guard kind(id) == .document else { return nil }
    return children(id).first { self.key($0).elementsEqual(key.utf8) }
  }

  func error(
    _ code: CheckpointError.Code, at id: BSONID, _ field: String, found: String, expected: String,
    advice: String? = nil
  ) -> CheckpointError {
    region.origin.error(
      code, at: offset(id), field: field, found: found, expected: expected, advice: advice)
  }
}
