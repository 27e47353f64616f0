import EspalierTree

/// Runs a pickle's instructions on a stack of numbers, building a document instead of objects.
struct PickleMachine {
  private(set) var document: PickleDocument
  var input: PickleInput
  private let limits: PickleLimits
  private var stack: [PickleID] = []
  /// Heights of the stack where marks lie; nothing below the last can be popped.
  private var marks: [Int] = []
  private var memo = PickleMemo()
  private var globalNumbers: [PickleGlobal: Int] = [:]
  private var bufferCount = 0
  /// Where the instruction that is being run begins, for errors.
  private var place = 0

  init(_ input: PickleInput, limits: PickleLimits) {
    self.input = input
    self.limits = limits
    document = PickleDocument(origin: input.origin)
    // None, False and True are one object each: a pickle of one-byte instructions stays small.
    document.nodes = [
      .init(kind: .none), .init(kind: .bool, first: 0), .init(kind: .bool, first: 1),
    ]
  }

  consuming func run() throws(CheckpointError) -> PickleDocument {
    for _ in 0..<limits.opcodes {
      place = input.position
      let code = try input.byte("pickle")
      guard let opcode = PickleOpcode(rawValue: code) else {
        throw error(.malformed, "byte 0x" + hexadecimal([code]), "a pickle instruction")
      }
      if opcode == .stop { return try finish() }
      try step(opcode)
    }
    throw error(.limitExceeded, "more instructions", "at most \(limits.opcodes)")
  }

  private consuming func finish() throws(CheckpointError) -> PickleDocument {
    document.root = try pop()
    document.end = input.position
    document.source = input.consumed()
    return document
  }

  /// One instruction. Those that only push a value are in `PickleMachine+Values.swift`.
  private mutating func step(_ opcode: PickleOpcode) throws(CheckpointError) {
    switch opcode {
    case .stop: break
    case .proto: try readProtocol()
    case .frame: try readFrame()

    case .mark:
      try checkStack()
      marks.append(stack.count)
    case .pop: try popOrUnmark()
    case .popMark: _ = try popToMark()
    case .dup: try push(try top())

    case .list: try push(add(.list, children: try popToMark()))
    case .emptyList: try push(add(.list, children: []))
    case .tuple: try push(add(.tuple, children: try popToMark()))
    case .emptyTuple: try push(add(.tuple, children: []))
    case .tuple1: try pushTuple(1)
    case .tuple2: try pushTuple(2)
    case .tuple3: try pushTuple(3)
    case .dict: try push(add(.dictionary, children: try evenly(try popToMark())))
    case .emptyDict: try push(add(.dictionary, children: []))
    case .emptySet: try push(add(.set, children: []))
    case .frozenSet: try push(add(.frozenSet, children: try popToMark()))

    case .append: try append([try pop()], opcode)
    case .appends, .addItems: try append(try popToMark(), opcode)
    case .setItem:
      let value = try pop()
      try setItems([try pop(), value])
    case .setItems: try setItems(try popToMark())
    case .build:
      let state = try pop()
      document.additions[try mutableTop(), default: .init()].states.append(state)

    case .reduce, .newObj:
      let arguments = try pop()
      let callable = try pop()
      try push(add(opcode == .reduce ? .call : .object, children: [callable, arguments]))
    case .newObjEx:
      let keywords = try pop()
      let arguments = try pop()
      try push(add(.object, children: [try pop(), arguments, keywords]))
    case .obj:
      let parts = try popToMark()
      guard let first = parts.first else { throw error(.malformed, "no class", "a class") }
      try pushInstance(of: first, Array(parts.dropFirst()))
    case .inst:
      let global = try globalLines()
      try pushInstance(of: global, try popToMark())
    case .global: try push(try globalLines())
    case .stackGlobal: try pushStackGlobal()

    case .persID:
      let name = try add(.text, at: try input.line("persistent id"))
      try push(add(.persistentID, value: Int(name.index)))
    case .binPersID: try push(add(.persistentID, value: Int(try pop().index)))

    case .put: memo.set(try number(try input.line("memo")), try top())
    case .binPut: memo.set(Int(try input.byte("memo")), try top())
    case .longBinPut: memo.set(Int(try input.integer(UInt32.self, "memo")), try top())
    case .memoize: memo.set(memo.count, try top())
    case .get: try pushMemo(try number(try input.line("memo")))
    case .binGet: try pushMemo(Int(try input.byte("memo")))
    case .longBinGet: try pushMemo(Int(try input.integer(UInt32.self, "memo")))

    case .ext1: try push(add(.extensionCode, value: Int(try input.byte("extension"))))
    case .ext2:
      try push(add(.extensionCode, value: Int(try input.integer(UInt16.self, "extension"))))
    case .ext4:
      try push(add(.extensionCode, value: Int(try input.integer(Int32.self, "extension"))))
    case .nextBuffer:
      try push(add(.buffer, value: bufferCount))
      bufferCount += 1
    case .readOnlyBuffer: _ = try top()

    default: try push(try value(opcode))
    }
    guard memo.count <= limits.memo else {
      throw error(.limitExceeded, "more memo entries", "at most \(limits.memo)")
    }
  }

  // MARK: Stack

  private mutating func push(_ id: PickleID) throws(CheckpointError) {
    try checkStack()
    stack.append(id)
  }

  private func checkStack() throws(CheckpointError) {
    guard stack.count + marks.count < limits.stack else {
      throw error(.limitExceeded, "more values on the stack", "at most \(limits.stack)")
    }
  }

  private func top() throws(CheckpointError) -> PickleID {
    guard let id = stack.last, stack.count > marks.last ?? 0 else {
      throw error(.malformed, "an empty stack", "a value")
    }
    return id
  }

  private mutating func pop() throws(CheckpointError) -> PickleID {
    let id = try top()
    stack.removeLast()
    return id
  }

  private mutating func popToMark() throws(CheckpointError) -> [PickleID] {
    guard let mark = marks.popLast() else {
      throw error(.malformed, "no mark on the stack", "a mark")
    }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }

  private mutating func popOrUnmark() throws(CheckpointError) {
    if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = try pop() }
  }

  private mutating func pushTuple(_ count: Int) throws(CheckpointError) {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw error(.malformed, "too few values on the stack", "\(count)")
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    try push(add(.tuple, children: values))
  }

  private mutating func pushMemo(_ number: Int) throws(CheckpointError) {
    guard let id = memo[number] else {
      throw error(.malformed, "memo \(number), which nothing was put into", "a memo set before")
    }
    try push(id)
  }

  // MARK: Objects

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

  private mutating func add(
    _ kind: PickleKind, children: [PickleID]
  ) throws(CheckpointError) -> PickleID {
    let place = document.children.count
    document.children.append(children)
    return try add(.init(kind: kind, first: place))
  }

  private mutating func pushInstance(
    of type: PickleID, _ arguments: [PickleID]
  ) throws(CheckpointError) {
    let tuple = try add(.tuple, children: arguments)
    try push(add(.object, children: [type, tuple]))
  }

  private mutating func globalLines() throws(CheckpointError) -> PickleID {
    let module = try input.line("module")
    let name = try input.line("name")
    return try addGlobal(Array(input.text(module)), Array(input.text(name)))
  }

  private mutating func pushStackGlobal() throws(CheckpointError) {
    let name = try pop()
    let module = try pop()
    guard let name = text(name), let module = text(module) else {
      throw error(.malformed, "a global whose name is no text", "module and name as text")
    }
    try push(try addGlobal(module, name))
  }

  private mutating func addGlobal(
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
  private func text(_ id: PickleID) -> [UInt8]? {
    let node = document.nodes[Int(id.index)]
    guard node.kind == .text || node.kind == .legacyString else { return nil }
    let range = node.first..<(node.first + node.count)
    return Array(node.isDecoded ? document.decoded[range] : input.text(range))
  }

  // MARK: Changing objects

  private mutating func append(
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

  private mutating func setItems(_ flat: [PickleID]) throws(CheckpointError) {
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
  private func mutableTop() throws(CheckpointError) -> PickleID {
    let id = try top()
    switch document.kind(id) {
    case .call, .object, .persistentID, .global, .extensionCode, .buffer: return id
    case let kind: throw error(.malformed, "a change to a \(kind)", "an object that can change so")
    }
  }

  private func evenly(_ flat: [PickleID]) throws(CheckpointError) -> [PickleID] {
    guard flat.count % 2 == 0 else { throw error(.malformed, "a key without a value", "pairs") }
    return flat
  }

  // MARK: Framing

  private mutating func readProtocol() throws(CheckpointError) {
    let version = Int(try input.byte("protocol"))
    guard version <= 5 else {
      throw error(.unsupported, "pickle protocol \(version)", "protocol 0 to 5")
    }
    document.protocolVersion = version
  }

  private mutating func readFrame() throws(CheckpointError) {
    let count = try input.integer(UInt64.self, "frame")
    guard count <= UInt64(input.remaining) else {
      throw error(.truncated, "a frame of \(count) bytes", "at most \(input.remaining)")
    }
  }

  func number(_ range: Range<Int>) throws(CheckpointError) -> Int {
    let text = String(decoding: input.text(range), as: UTF8.self)
    guard let number = Int(text), number >= 0 else {
      throw error(.malformed, "“\(visibleText(text.utf8.prefix(40)))”", "a number")
    }
    return number
  }

  func error(
    _ code: CheckpointError.Code, _ found: String, _ expected: String
  ) -> CheckpointError {
    input.origin.error(code, at: place, field: "pickle", found: found, expected: expected)
  }
}

/// What a pickle put aside, by number: nearly always counted up from zero.
struct PickleMemo {
  private var dense: [PickleID] = []
  private var sparse: [Int: PickleID] = [:]

  var count: Int { dense.count + sparse.count }

  mutating func set(_ number: Int, _ id: PickleID) {
    if number < dense.count {
      dense[number] = id
    } else if number == dense.count, sparse.isEmpty {
      dense.append(id)
    } else {
      sparse[number] = id
    }
  }

  subscript(number: Int) -> PickleID? {
    number >= 0 && number < dense.count ? dense[number] : sparse[number]
  }
}

extension PickleDocument {
  /// Reads the pickle that begins at the start of a region and stops at its end, which `end` tells:
  /// old PyTorch files hold several in a row.
  package init(_ region: ByteRegion, limits: PickleLimits = PickleLimits()) throws(CheckpointError)
  {
    self = try PickleMachine(PickleInput(region, limit: limits.bytes), limits: limits).run()
  }

  package init(
    _ bytes: [UInt8], origin: ByteOrigin, limits: PickleLimits = PickleLimits()
  ) throws(CheckpointError) {
    let input = PickleInput(bytes, origin: origin, limit: limits.bytes)
    self = try PickleMachine(input, limits: limits).run()
  }
}
