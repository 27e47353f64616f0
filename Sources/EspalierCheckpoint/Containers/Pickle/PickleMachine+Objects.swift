import EspalierTree

/// Objects made and changed.
extension PickleMachine {
  mutating func add(_ node: PickleDocument.Node) throws(CheckpointError) -> PickleID {
    guard document.nodes.count < limits.objects, let index = Int32(exactly: document.nodes.count)
    else { throw error(.limitExceeded, "more objects", "at most \(limits.objects)") }
    document.nodes.append(node)
    return PickleID(index: index)
  }

  mutating func add(_ kind: PickleKind, value: Int) throws(CheckpointError) -> PickleID {
    try add(.init(kind: kind, first: value))
  }

  mutating func add(_ kind: PickleKind, at range: Range<Int>) throws(CheckpointError) -> PickleID {
    try add(.init(kind: kind, first: range.lowerBound, count: range.count))
  }

  mutating func add(_ kind: PickleKind, decoded bytes: [UInt8]) throws(CheckpointError) -> PickleID
  {
    let start = document.decoded.count
    document.decoded += bytes
    return try add(.init(kind: kind, isDecoded: true, first: start, count: bytes.count))
  }

  mutating func add(
    _ kind: PickleKind, children: [PickleID]
  ) throws(CheckpointError) -> PickleID {
    let place = document.children.count
    document.children.append(children)
    return try add(.init(kind: kind, first: place))
  }

  mutating func pushInstance(
    of type: PickleID, _ arguments: [PickleID]
  ) throws(CheckpointError) {
    let tuple = try add(.tuple, children: arguments)
    try push(add(.object, children: [type, tuple]))
  }

  mutating func globalLines() throws(CheckpointError) -> PickleID {
    let module = try input.line("module")
    let name = try input.line("name")
    return try addGlobal(Array(input.text(module)), Array(input.text(name)))
  }

  mutating func pushStackGlobal() throws(CheckpointError) {
    let name = try pop()
    let module = try pop()
    guard let name = text(name), let module = text(module) else {
      throw error(.malformed, "a global whose name is no text", "module and name as text")
    }
    try push(try addGlobal(module, name))
  }

  mutating func addGlobal(
    _ module: [UInt8], _ name: [UInt8]
  ) throws(CheckpointError) -> PickleID {
    let global = PickleGlobal(module: module, name: name)
    let number = globalNumbers[global] ?? document.globals.count
    if number == document.globals.count {
      document.globals.append(global)
      globalNumbers[global] = number
    }
    return try add(.global, value: number)
  }

  /// The content of text that may be on the stack already, while the source is still being read.
  func text(_ id: PickleID) -> [UInt8]? {
    let node = document.nodes[Int(id.index)]
    guard node.kind == .text || node.kind == .legacyString else { return nil }
    let range = node.first..<(node.first + node.count)
    return Array(node.isDecoded ? document.decoded[range] : input.text(range))
  }

  // MARK: Changing objects

  mutating func append(
    _ items: [PickleID], _ opcode: PickleOpcode
  ) throws(CheckpointError) {
    let id = try top()
    let node = document.nodes[Int(id.index)]
    if node.kind == (opcode == .addItems ? .set : .list) {
      document.children[node.first] += items
    } else {
      document.additions[try mutableTop(), default: .init()].items += items
    }
  }

  mutating func setItems(_ flat: [PickleID]) throws(CheckpointError) {
    let flat = try evenly(flat)
    let id = try top()
    let node = document.nodes[Int(id.index)]
    if node.kind == .dictionary {
      document.children[node.first] += flat
      return
    }
    let pairs = stride(from: 0, to: flat.count, by: 2).map { (flat[$0], flat[$0 + 1]) }
    document.additions[try mutableTop(), default: .init()].pairs += pairs
  }

  /// The top, if it is something whose behaviour only the program that wrote the pickle knows.
  func mutableTop() throws(CheckpointError) -> PickleID {
    let id = try top()
    switch document.kind(id) {
    case .call, .object, .persistentID, .global, .extensionCode, .buffer: return id
    case let kind: throw error(.malformed, "a change to a \(kind)", "an object that can change so")
    }
  }

  func evenly(_ flat: [PickleID]) throws(CheckpointError) -> [PickleID] {
    guard flat.count % 2 == 0 else { throw error(.malformed, "a key without a value", "pairs") }
    return flat
  }

}
