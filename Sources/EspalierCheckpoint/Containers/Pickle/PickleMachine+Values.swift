import EspalierTree

extension PickleMachine {
  /// The value that an instruction stands for by itself.
  mutating func value(_ opcode: PickleOpcode) throws(CheckpointError) -> PickleID {
    switch opcode {
    case .none: return PickleID(index: 0)
    case .newFalse: return PickleID(index: 1)
    case .newTrue: return PickleID(index: 2)

    case .binInt: return try add(.integer, value: Int(try input.integer(Int32.self, "integer")))
    case .binInt1: return try add(.integer, value: Int(try input.byte("integer")))
    case .binInt2: return try add(.integer, value: Int(try input.integer(UInt16.self, "integer")))
    case .int, .long: return try decimal(try input.line("integer"))
    case .long1: return try twosComplement(Int(try input.byte("integer")))
    case .long4: return try twosComplement(Int(try input.integer(Int32.self, "integer")))

    case .float: return try addFloat(try decimalFloat(try input.line("float")))
    case .binFloat:
      return try addFloat(
        Double(bitPattern: try input.integer(UInt64.self, "float").byteSwapped))

    case .string:
      guard let bytes = PickleText.unquoted(input.text(try input.line("string"))) else {
        throw error(.malformed, "a string without quotes", "quotes around it")
      }
      return try add(.legacyString, decoded: bytes)
    case .unicode:
      let line = try input.line("text")
      return try add(.text, decoded: PickleText.rawUnicode(input.text(line)))

    case .shortBinString: return try content(.legacyString, UInt8.self)
    case .binString: return try content(.legacyString, Int32.self)
    case .shortBinUnicode: return try content(.text, UInt8.self)
    case .binUnicode: return try content(.text, UInt32.self)
    case .binUnicode8: return try content(.text, UInt64.self)
    case .shortBinBytes: return try content(.bytes, UInt8.self)
    case .binBytes: return try content(.bytes, UInt32.self)
    case .binBytes8: return try content(.bytes, UInt64.self)
    case .byteArray8: return try content(.byteArray, UInt64.self)
    default: throw error(.unsupported, "instruction \(opcode)", "another")
    }
  }

  /// A count and as many bytes.
  private mutating func content<I: FixedWidthInteger>(
    _ kind: PickleKind, _ type: I.Type
  ) throws(CheckpointError) -> PickleID {
    let count = try input.integer(type, "length")
    guard let count = Int(exactly: count), count >= 0 else {
      throw error(.malformed, "a length of \(count)", "at most \(Int.max)")
    }
    return try add(kind, at: try input.take(count, "content"))
  }

  private mutating func addFloat(_ value: Double) throws(CheckpointError) -> PickleID {
    try add(.float, value: Int(Int64(bitPattern: value.bitPattern)))
  }

  private func decimalFloat(_ range: Range<Int>) throws(CheckpointError) -> Double {
    let text = String(decoding: input.text(range), as: UTF8.self)
    guard let value = Double(text) else {
      throw error(.malformed, "“\(visibleText(text.utf8.prefix(40)))”", "a number")
    }
    return value
  }

  /// Protocol 0 writes truth values as `00` and `01`, and long integers with an `L`.
  private mutating func decimal(_ range: Range<Int>) throws(CheckpointError) -> PickleID {
    var text = input.text(range)
    if text.elementsEqual("00".utf8) { return PickleID(index: 1) }
    if text.elementsEqual("01".utf8) { return PickleID(index: 2) }
    if text.last == UInt8(ascii: "L") { text.removeLast() }
    if let value = Int(String(decoding: text, as: UTF8.self)) {
      return try add(.integer, value: value)
    }
    guard let bytes = PickleText.bigInteger(text) else {
      throw error(.malformed, "“\(visibleText(text.prefix(40)))”", "a whole number")
    }
    return try add(.bigInteger, decoded: bytes)
  }

  private mutating func twosComplement(_ count: Int) throws(CheckpointError) -> PickleID {
    let range = try input.take(count, "integer")
    guard count <= 8 else { return try add(.bigInteger, at: range) }
    var value: Int64 = 0
    for byte in input.text(range).reversed() { value = value << 8 | Int64(byte) }
    let unused = Int64(64 - 8 * count)
    // Shifted up and down again, the sign fills what the bytes left open.
    return try add(.integer, value: count == 0 ? 0 : Int((value << unused) >> unused))
  }
}
