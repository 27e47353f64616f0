/// A small JSON document, whole in memory: an index file, a configuration. Values lie in one array and
/// refer to each other by number, so that depth costs no stack.
package final class JSONDocument: Sendable {
  struct Node {
    var kind: JSONReader.Kind
    /// The value's place among the bytes; of a string, its content.
    var range: Range<Int>
    var isEscaped = false
    var key: JSONString?
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    var childCount: Int32 = 0
  }

  package let bytes: [UInt8]
  package let origin: ByteOrigin
  let nodes: [Node]

  package var root: JSONValue { JSONValue(document: self, index: 0) }

  package init(_ bytes: [UInt8], origin: ByteOrigin) throws(CheckpointError) {
    self.bytes = bytes
    self.origin = origin
    var builder = Builder(reader: JSONReader(bytes, origin: origin))
    nodes = try builder.build()
  }

  private struct Builder {
    var reader: JSONReader
    var nodes: [Node] = []
    /// Open containers and the last child of each.
    var open: [(node: Int, lastChild: Int?)] = []

    mutating func build() throws(CheckpointError) -> [Node] {
      try addValue(key: nil)
      while let top = open.last {
        if nodes[top.node].kind == .object {
          if let key = try reader.nextKey() { try addValue(key: key) } else { close() }
        } else {
          if try reader.nextElement() { try addValue(key: nil) } else { close() }
        }
      }
      try reader.finish()
      return nodes
    }

    private mutating func close() {
      if let top = open.popLast() {
        nodes[top.node].range = nodes[top.node].range.lowerBound..<reader.position
      }
    }

    private mutating func addValue(key: JSONString?) throws(CheckpointError) {
      let kind = try reader.peekKind()
      let start = reader.position
      let index = nodes.count
      guard Int32(exactly: index) != nil else {
        throw reader.origin.error(
          .limitExceeded, at: start, field: "JSON", found: "more values",
          expected: "at most \(Int32.max)")
      }
      var node = Node(kind: kind, range: start..<start, key: key)
      switch kind {
      case .object: try reader.beginObject()
      case .array: try reader.beginArray()
      case .string:
        let string = try reader.string()
        node.range = string.range
        node.isEscaped = string.isEscaped
      case .number: _ = try reader.number()
      case .bool: _ = try reader.bool()
      case .null: try reader.null()
      }
      if kind != .string { node.range = start..<reader.position }
      nodes.append(node)
      attach(index)
      if kind == .object || kind == .array { open.append((index, nil)) }
    }

    private mutating func attach(_ index: Int) {
      guard let top = open.last else { return }
      let number = Int32(truncatingIfNeeded: index)
      if let last = top.lastChild {
        nodes[last].nextSibling = number
      } else {
        nodes[top.node].firstChild = number
      }
      nodes[top.node].childCount += 1
      open[open.count - 1].lastChild = index
    }
  }
}

/// One value of a document.
package struct JSONValue: Sendable {
  let document: JSONDocument
  let index: Int

  private var node: JSONDocument.Node { document.nodes[index] }

  package var kind: JSONReader.Kind { node.kind }
  /// In bytes from the start of the document.
  package var offset: Int { node.range.lowerBound }
  /// How many members or elements.
  package var count: Int { Int(node.childCount) }
  package var isNull: Bool { kind == .null }

  /// The members of an object, in the order they are written; empty for anything else.
  package var members: [(key: [UInt8], value: JSONValue)] {
    guard kind == .object else { return [] }
    return children.map { child in
      (child.node.key.map { $0.unescaped(from: document.bytes) } ?? [], child)
    }
  }

  /// The elements of an array; empty for anything else.
  package var elements: [JSONValue] { kind == .array ? children : [] }

  /// The member of an object by its key.
  package subscript(key: String) -> JSONValue? {
    guard kind == .object else { return nil }
    let wanted = Array(key.utf8)
    return children.first { $0.node.key?.unescaped(from: document.bytes) == wanted }
  }

  /// The bytes of a string, which are UTF-8.
  package var text: [UInt8]? {
    guard kind == .string else { return nil }
    return JSONString(range: node.range, isEscaped: node.isEscaped).unescaped(from: document.bytes)
  }

  package var string: String? { text.map { String(decoding: $0, as: UTF8.self) } }

  package var number: JSONNumber? {
    kind == .number ? JSONNumber(text: Array(document.bytes[node.range])) : nil
  }

  /// A whole number written in digits only.
  package var int: Int? { number?.int64.flatMap { Int(exactly: $0) } }
  package var double: Double? { number?.double }

  package var bool: Bool? {
    kind == .bool ? document.bytes[node.range.lowerBound] == UInt8(ascii: "t") : nil
  }

  /// An error at this value.
  package func error(
    _ code: CheckpointError.Code, field: String, found: String? = nil, expected: String? = nil,
    advice: String? = nil
  ) -> CheckpointError {
    document.origin.error(
      code, at: offset, field: field, found: found ?? kind.rawValue, expected: expected,
      advice: advice)
  }

  private var children: [JSONValue] {
    var values: [JSONValue] = []
    values.reserveCapacity(count)
    var next = node.firstChild
    while next >= 0 {
      values.append(JSONValue(document: document, index: Int(next)))
      next = document.nodes[Int(next)].nextSibling
    }
    return values
  }
}
