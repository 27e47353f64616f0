import EspalierUI

/// What ncurses hands over: a byte, or a number for a sequence it knows.
///
/// Bytes and not its wide characters: one byte that is not UTF-8 would make ncurses swallow what
/// follows it.
enum RawInput: Equatable {
  case byte(UInt8)
  case code(Int32)
}

/// Turns what ncurses reads into events.
///
/// ncurses knows the keys of the terminal's description; the rest is done here, alike for all
/// descriptions: Alt as an escape before a key, mouse reports, pasted text, keys that the description
/// lacks. A sequence nobody knows is swallowed whole instead of being taken for typed keys.
struct InputDecoder {
  fileprivate enum Piece {
    case character(Unicode.Scalar)
    case code(Int32)
  }

  private enum State {
    case ground
    /// After an escape: Alt, the start of a sequence, or the key itself.
    case escape
    /// After `ESC O`.
    case shifted
    /// After `ESC [`: the parameters so far.
    case sequence([UInt8])
    /// After `ESC [ M`: the bytes of a mouse report in the old form.
    case oldMouse([UInt8])
    case paste(String.UnicodeScalarView)
  }

  private var state = State.ground
  private var text = UTF8Assembler()
  private(set) var events: [InputEvent] = []

  mutating func takeEvents() -> [InputEvent] {
    defer { events = [] }
    return events
  }

  mutating func feed(_ input: RawInput) {
    switch input {
    case .byte(let byte):
      // The old mouse reports are the one place where a byte is not part of a text.
      if case .oldMouse(let bytes) = state { return oldMouse(bytes + [byte]) }
      if let scalar = text.feed(byte) { take(.character(scalar)) }
    case .code(let code):
      text = UTF8Assembler()
      take(.code(code))
    }
  }

  private mutating func take(_ piece: Piece) {
    switch state {
    case .ground: ground(piece)
    case .escape: afterEscape(piece)
    case .shifted: afterShift(piece)
    case .sequence(let parameters): sequence(parameters, piece)
    case .oldMouse: ground(piece)  // broken off by a key
    case .paste(let text): paste(text, piece)
    }
  }

  /// Nothing more is there to read: an escape that stands alone is the key.
  mutating func flush() {
    switch state {
    case .escape: emit(.escape)
    case .shifted: emit(.alt("O"))
    case .sequence(let parameters) where parameters.isEmpty: emit(.alt("["))
    default: return
    }
    state = .ground
  }

  /// Longer pastes are cut: a key path is short, and a clipboard may hold anything.
  private static let pasteLimit = 1 << 20
  /// The longest sequence of parameters that is waited for.
  private static let sequenceLimit = 32
}

extension InputDecoder {
  private mutating func emit(_ key: Key) {
    switch key {
    case .control("c"): events.append(.interrupt)
    case .control("z"): events.append(.suspend)
    default: events.append(.key(key))
    }
  }

  private mutating func ground(_ piece: Piece) {
    state = .ground
    switch piece {
    case .character("\u{1b}"): state = .escape
    case .character(let scalar): if let key = key(typed: scalar) { emit(key) }
    case .code(KeyCode.mouseReport): state = .sequence([UInt8(ascii: "<")])
    case .code(KeyCode.oldMouseReport): state = .oldMouse([])
    case .code(KeyCode.pasteBegin): state = .paste(.init())
    case .code(let code): if let key = key(code: code) { emit(key) }
    }
  }

  private mutating func afterEscape(_ piece: Piece) {
    state = .ground
    switch piece {
    case .character("\u{1b}"):
      emit(.escape)
      state = .escape
    case .character("["): state = .sequence([])
    case .character("O"): state = .shifted
    case .character(let scalar): if let key = key(typed: scalar) { emit(key.with(.alt)) }
    case .code(let code):
      if let key = key(code: code) { emit(key.with(.alt)) } else { take(piece) }
    }
  }

  private mutating func afterShift(_ piece: Piece) {
    state = .ground
    if case .character(let scalar) = piece, scalar.isASCII,
      let key = key(sequence: [], final: UInt8(ascii: scalar))
    {
      emit(key)
    } else {
      emit(.alt("O"))
      take(piece)
    }
  }

  private mutating func sequence(_ parameters: [UInt8], _ piece: Piece) {
    state = .ground
    guard case .character(let scalar) = piece, " "..."~" ~= scalar,
      parameters.count < Self.sequenceLimit
    else {
      return take(piece)  // Broken off; what comes instead counts.
    }
    let byte = UInt8(ascii: scalar)
    if byte < 0x40 { state = .sequence(parameters + [byte]) } else { finish(parameters, byte) }
  }

  private mutating func finish(_ parameters: [UInt8], _ final: UInt8) {
    let isMouse = parameters.first == UInt8(ascii: "<")
    let numbers = numbers(in: isMouse ? parameters.dropFirst() : parameters[...])
    switch (final, numbers) {
    case (UInt8(ascii: "M"), []) where !isMouse: state = .oldMouse([])
    case (UInt8(ascii: "M"), _) where isMouse && numbers.count == 3:
      mouse(button: numbers[0], x: numbers[1] - 1, y: numbers[2] - 1)
    case (UInt8(ascii: "~"), [200]): state = .paste(.init())
    default: if !isMouse, let key = key(sequence: numbers, final: final) { emit(key) }
    }
  }

  private mutating func oldMouse(_ bytes: [UInt8]) {
    state = .oldMouse(bytes)
    guard bytes.count == 3 else { return }
    state = .ground
    // Three numbers with 32 added; positions count from 1.
    mouse(button: Int(bytes[0]) - 32, x: Int(bytes[1]) - 33, y: Int(bytes[2]) - 33)
  }

  private mutating func mouse(button: Int, x: Int, y: Int) {
    let kind: InputEvent.Mouse
    switch button & ~0b1_1100 {
    case 0: kind = .pressLeft
    case 1: kind = .pressMiddle
    case 2: kind = .pressRight
    case 64: kind = .wheelUp
    case 65: kind = .wheelDown
    default: return  // a release, a movement or a button without a meaning here
    }
    guard button >= 0, x >= 0, y >= 0 else { return }
    var modifiers: Modifiers = []
    if button & 4 != 0 { modifiers.insert(.shift) }
    if button & 8 != 0 { modifiers.insert(.alt) }
    if button & 16 != 0 { modifiers.insert(.control) }
    events.append(.mouse(kind, x: x, y: y, modifiers: modifiers))
  }

  private mutating func paste(_ text: String.UnicodeScalarView, _ piece: Piece) {
    var text = text
    switch piece {
    case .code(KeyCode.pasteEnd):
      state = .ground
      events.append(.paste(String(text)))
      return
    case .character("\u{3}"):
      // The end of the paste was lost; Ctrl-C still gets out.
      state = .ground
      events.append(.interrupt)
      return
    case .character(let scalar):
      if let scalar = pasted(scalar), text.count < Self.pasteLimit { text.append(scalar) }
    case .code: break
    }
    state = .paste(text)
  }

  /// A carriage return is what terminals send for the end of a line.
  private func pasted(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar {
    case "\r", "\n": "\n"
    case "\t": scalar
    default: scalar.properties.generalCategory == .control ? nil : scalar
    }
  }
}

/// Numbers separated by semicolons; empty and absurd ones count as -1.
private func numbers(in parameters: ArraySlice<UInt8>) -> [Int] {
  if parameters.isEmpty { return [] }
  return parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    .map { Int(String(decoding: $0, as: UTF8.self)).flatMap { 0...9999 ~= $0 ? $0 : nil } ?? -1 }
}
