import EspalierTree

/// Runs a pickle's instructions on a stack of numbers, building a document instead of objects.
struct PickleMachine {
  var document: PickleDocument
  var input: PickleInput
  let limits: PickleLimits
  var stack: [PickleID] = []
  /// Heights of the stack where marks lie; nothing below the last can be popped.
  var marks: [Int] = []
  var memo = PickleMemo()
  var globalNumbers: [PickleGlobal: Int] = [:]
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
