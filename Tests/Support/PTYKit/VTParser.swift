/// What a byte completes.
enum VTAction {
  case print(Unicode.Scalar)
  case control(UInt8)
  case escape(UInt8)
  /// `ESC ( x`: the character set of slot 0 or 1.
  case charset(slot: Int, UInt8)
  case sequence(VTSequence)
  /// An operating system command without its frame.
  case command(String)
}

/// `ESC [ ? 1 ; 2 h`: marker `?`, parameters 1 and 2, final `h`.
struct VTSequence {
  var marker: Character?
  /// Each parameter with its parts after colons; an empty one is nil.
  var parameters: [[Int?]]
  var final: Character

  /// A parameter that counts from 1, where 0 and nothing mean 1.
  func count(_ index: Int = 0) -> Int { max(1, value(index)) }

  func value(_ index: Int = 0) -> Int {
    index < parameters.count ? parameters[index].first.flatMap(\.self) ?? 0 : 0
  }
}

/// Cuts a terminal's input into characters and sequences.
struct VTParser: Sendable {
  private enum State {
    case ground
    case utf8(left: Int, value: UInt32)
    case escape
    case charset(slot: Int)
    case sequence([UInt8])
    case command([UInt8])
    case commandEscape([UInt8])
  }

  private var state = State.ground

  mutating func step(_ byte: UInt8) -> VTAction? {
    switch state {
    case .ground: return ground(byte)
    case .utf8(let left, let value): return continuation(byte, left, value)
    case .escape: return escape(byte)
    case .charset(let slot):
      state = .ground
      return .charset(slot: slot, byte)
    case .sequence(let bytes): return sequence(bytes, byte)
    case .command(let bytes):
      if byte == 0x07 { return finish(bytes) }
      state = byte == 0x1b ? .commandEscape(bytes) : .command(bytes + [byte])
      return nil
    case .commandEscape(let bytes): return finish(bytes)
    }
  }

  private mutating func ground(_ byte: UInt8) -> VTAction? {
    switch byte {
    case 0x1b: state = .escape
    case 0..<0x20: return .control(byte)
    case 0x20..<0x7f: return .print(Unicode.Scalar(byte))
    case 0xc0..<0xe0: state = .utf8(left: 1, value: UInt32(byte & 0x1f))
    case 0xe0..<0xf0: state = .utf8(left: 2, value: UInt32(byte & 0x0f))
    case 0xf0..<0xf8: state = .utf8(left: 3, value: UInt32(byte & 0x07))
    default: break
    }
    return nil
  }

  private mutating func continuation(_ byte: UInt8, _ left: Int, _ value: UInt32) -> VTAction? {
    let value = value << 6 | UInt32(byte & 0x3f)
    if left > 1 {
      state = .utf8(left: left - 1, value: value)
      return nil
    }
    state = .ground
    return .print(Unicode.Scalar(value) ?? "\u{fffd}")
  }

  private mutating func escape(_ byte: UInt8) -> VTAction? {
    state = .ground
    switch byte {
    case UInt8(ascii: "["): state = .sequence([])
    case UInt8(ascii: "]"), UInt8(ascii: "P"): state = .command([])
    case UInt8(ascii: "("): state = .charset(slot: 0)
    case UInt8(ascii: ")"): state = .charset(slot: 1)
    default: return .escape(byte)
    }
    return nil
  }

  private mutating func sequence(_ bytes: [UInt8], _ byte: UInt8) -> VTAction? {
    guard 0x40..<0x7f ~= byte else {
      state = .sequence(bytes + [byte])
      return nil
    }
    state = .ground
    let marker = bytes.first.flatMap { 0x3c...0x3f ~= $0 ? Character(Unicode.Scalar($0)) : nil }
    let body = String(decoding: marker == nil ? bytes[...] : bytes.dropFirst(), as: UTF8.self)
    let parameters =
      body.isEmpty
      ? []
      : body.split(separator: ";", omittingEmptySubsequences: false).map {
        $0.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
      }
    return .sequence(
      VTSequence(
        marker: marker, parameters: parameters, final: Character(Unicode.Scalar(byte))))
  }

  private mutating func finish(_ bytes: [UInt8]) -> VTAction {
    state = .ground
    return .command(String(decoding: bytes, as: UTF8.self))
  }
}

/// The two character sets that shift-in and shift-out switch between.
struct VTCharset: Sendable {
  private var isGraphic = [false, false]
  private var slot = 0

  mutating func set(slot: Int, to name: UInt8) { isGraphic[slot] = name == UInt8(ascii: "0") }
  mutating func shift(to slot: Int) { self.slot = slot }

  func translated(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    isGraphic[slot] ? Self.graphics[scalar] ?? scalar : scalar
  }

  /// The DEC line drawing set.
  private static let graphics: [Unicode.Scalar: Unicode.Scalar] = [
    "j": "┘", "k": "┐", "l": "┌", "m": "└", "n": "┼", "q": "─", "t": "├", "u": "┤", "v": "┴",
    "w": "┬", "x": "│", "a": "▒", "`": "◆", "~": "·", "f": "°", "g": "±", "y": "≤", "z": "≥",
    "0": "█", "h": "▒",
  ]
}
