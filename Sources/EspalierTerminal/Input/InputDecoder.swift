import EspalierUI

/// What ncurses hands over: a character, or a number for a sequence it knows.
enum RawInput: Equatable {
  case character(UInt32)
  case code(Int32)
}

/// Turns what ncurses reads into events.
///
/// ncurses knows the keys of the terminal's description; the rest is done here, alike for all
/// descriptions: Alt as an escape before a key, mouse reports, pasted text, keys that the description
/// lacks. A sequence nobody knows is swallowed whole instead of being taken for typed keys.
struct InputDecoder {
  private enum State {
    case ground
    /// After an escape: Alt, the start of a sequence, or the key itself.
    case escape
    /// After `ESC O`.
    case shifted
    /// After `ESC [`: the parameters so far.
    case sequence([UInt8])
    /// After `ESC [ M`: the bytes of a mouse report in the old form.
    case oldMouse([UInt32])
    case paste(String.UnicodeScalarView)
  }

  private var state = State.ground
  private(set) var events: [InputEvent] = []

  mutating func takeEvents() -> [InputEvent] {
    defer { events = [] }
    return events
  }

  mutating func feed(_ input: RawInput) {
    switch state {
    case .ground: ground(input)
    case .escape: afterEscape(input)
    case .shifted: afterShift(input)
    case .sequence(let parameters): sequence(parameters, input)
    case .oldMouse(let bytes): oldMouse(bytes, input)
    case .paste(let text): paste(text, input)
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

  private mutating func ground(_ input: RawInput) {
    switch input {
    case .character(0x1b): state = .escape
    case .character(let value): if let key = key(typed: value) { emit(key) }
    case .code(KeyCode.mouseReport): state = .sequence([UInt8(ascii: "<")])
    case .code(KeyCode.oldMouseReport): state = .oldMouse([])
    case .code(KeyCode.pasteBegin): state = .paste(.init())
    case .code(let code): if let key = key(code: code) { emit(key) }
    }
  }

  private mutating func afterEscape(_ input: RawInput) {
    switch input {
    case .character(0x1b): emit(.escape)  // and the second one waits
    case .character(UInt32("[")): state = .sequence([])
    case .character(UInt32("O")): state = .shifted
    case .character(let value):
      state = .ground
      if let key = key(typed: value) { emit(key.with(.alt)) }
    case .code(let code):
      state = .ground
      if let key = key(code: code) { emit(key.with(.alt)) } else { feed(input) }
    }
  }

  private mutating func afterShift(_ input: RawInput) {
    state = .ground
    if case .character(let value) = input, let final = UInt8(exactly: value),
      let key = key(sequence: [], final: final)
    {
      emit(key)
    } else {
      emit(.alt("O"))
      feed(input)
    }
  }

  private mutating func sequence(_ parameters: [UInt8], _ input: RawInput) {
    guard case .character(let value) = input, let byte = UInt8(exactly: value), byte >= 0x20,
      parameters.count < Self.sequenceLimit
    else {
      // Broken off; what comes instead counts.
      state = .ground
      return feed(input)
    }
    guard 0x40..<0x7f ~= byte else {
      state = .sequence(parameters + [byte])
      return
    }
    state = .ground
    finish(parameters, byte)
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

  private mutating func oldMouse(_ bytes: [UInt32], _ input: RawInput) {
    guard case .character(let value) = input, value >= 0x20 else {
      state = .ground
      return feed(input)
    }
    let bytes = bytes + [value]
    state = .oldMouse(bytes)
    guard bytes.count == 3 else { return }
    state = .ground
    // Three numbers with 32 added; positions count from 1.
    if let x = Int(exactly: bytes[1]), let y = Int(exactly: bytes[2]) {
      mouse(button: Int(bytes[0] & 0xff) - 32, x: x - 33, y: y - 33)
    }
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
    guard x >= 0, y >= 0 else { return }
    var modifiers: Modifiers = []
    if button & 4 != 0 { modifiers.insert(.shift) }
    if button & 8 != 0 { modifiers.insert(.alt) }
    if button & 16 != 0 { modifiers.insert(.control) }
    events.append(.mouse(kind, x: x, y: y, modifiers: modifiers))
  }

  private mutating func paste(_ text: String.UnicodeScalarView, _ input: RawInput) {
    var text = text
    switch input {
    case .code(KeyCode.pasteEnd):
      state = .ground
      events.append(.paste(String(text)))
      return
    case .character(3):
      // The end of the paste was lost; Ctrl-C still gets out.
      state = .ground
      events.append(.interrupt)
      return
    case .character(let value):
      if let scalar = pasted(value, after: text.last), text.count < Self.pasteLimit {
        text.append(scalar)
      }
    case .code: break
    }
    state = .paste(text)
  }

  /// A carriage return is what terminals send for the end of a line.
  private func pasted(_ value: UInt32, after last: Unicode.Scalar?) -> Unicode.Scalar? {
    guard let scalar = Unicode.Scalar(value == 0x0d ? 0x0a : value) else { return nil }
    let isControl = scalar.properties.generalCategory == .control
    return isControl && scalar != "\n" && scalar != "\t" ? nil : scalar
  }
}

/// Numbers separated by semicolons; empty ones count as 0, absurd ones too.
private func numbers(in parameters: ArraySlice<UInt8>) -> [Int] {
  if parameters.isEmpty { return [] }
  return parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    .map { Int(String(decoding: $0, as: UTF8.self)).flatMap { 0...9999 ~= $0 ? $0 : nil } ?? 0 }
}

extension UInt32 {
  fileprivate init(_ scalar: Unicode.Scalar) { self = scalar.value }
}
