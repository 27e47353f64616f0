/// Turns the bytes of a name from a file into text that is safe to show.
///
/// This is the only way from a name to a screen, to standard output and to an error message. Nothing
/// a file says can steer the terminal, reorder the line or hide: control characters and bytes that
/// are not UTF-8 are spelt `\x1b`, characters without a glyph of their own (bidirectional overrides,
/// zero-width and tag characters, spaces other than U+0020, unassigned code points) `<U+202E>`.
/// A letter keeps at most two combining marks. The result is for reading: two different names can
/// look the same, and it cannot be turned back into the bytes.
public func visibleText(_ bytes: some Sequence<UInt8>) -> String {
  let bytes = Array(bytes)
  if bytes.allSatisfy({ 0x20..<0x7f ~= $0 }) { return String(decoding: bytes, as: UTF8.self) }
  var text = VisibleText()
  var position = 0
  while position < bytes.count {
    if let (scalar, length) = decodeUTF8(bytes, at: position) {
      text.append(scalar)
      position += length
    } else {
      text.append(byte: bytes[position])
      position += 1
    }
  }
  return String(text.scalars)
}

/// Does a code point stand in text as itself? Files that people read spell all others.
package func isVisible(_ scalar: Unicode.Scalar) -> Bool {
  switch Visibility(of: scalar) {
  case .shown, .mark: true
  case .control, .hidden: false
  }
}

/// `\u001b` or `\U000e0041`, as TOML, Python and Julia read it.
package func spelt(_ scalar: Unicode.Scalar) -> String {
  let digits = String(scalar.value, radix: 16)
  let width = scalar.value > 0xFFFF ? 8 : 4
  return (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
}

/// The text so far, and what the next combining mark would sit on.
private struct VisibleText {
  private(set) var scalars = String.UnicodeScalarView()
  /// Marks the last letter may still take; nil when the text ends in none, so that a mark cannot
  /// join a letter that stands before the name on the screen or an escape.
  private var marksLeft: Int?

  private static let marksPerLetter = 2

  mutating func append(_ scalar: Unicode.Scalar) {
    switch Visibility(of: scalar) {
    case .shown:
      scalars.append(scalar)
      marksLeft = Self.marksPerLetter
    case .mark:
      guard let left = marksLeft, left > 0 else {
        return appendEscape("<U+\(hex(scalar.value, 4))>")
      }
      scalars.append(scalar)
      marksLeft = left - 1
    case .control: append(byte: UInt8(truncatingIfNeeded: scalar.value))
    case .hidden: appendEscape("<U+\(hex(scalar.value, 4))>")
    }
  }

  mutating func append(byte: UInt8) {
    appendEscape("\\x" + hex(UInt32(byte), 2).lowercased())
  }

  private mutating func appendEscape(_ escape: String) {
    scalars.append(contentsOf: escape.unicodeScalars)
    marksLeft = nil
  }

  private func hex(_ value: UInt32, _ digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}

/// What showing a code point would do to the line.
private enum Visibility {
  case shown, mark, control, hidden

  init(of scalar: Unicode.Scalar) {
    if 0x20..<0x7f ~= scalar.value {
      self = .shown
      return
    }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .control: self = scalar.value < 0x80 ? .control : .hidden
    case .format, .surrogate, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      self = .hidden
    case _ where properties.isDefaultIgnorableCodePoint: self = .hidden
    case .nonspacingMark, .enclosingMark, .spacingMark: self = .mark
    // The braille cell without dots is one more space that is not a space.
    default: self = scalar == "\u{2800}" ? .hidden : .shown
    }
  }
}

/// One code point in its shortest form, and its length; nil when the bytes are not UTF-8 there.
private func decodeUTF8(_ bytes: [UInt8], at start: Int) -> (Unicode.Scalar, length: Int)? {
  let first = bytes[start]
  let (length, lowest): (Int, UInt32)
  switch first {
  case 0..<0x80: return (Unicode.Scalar(first), 1)
  case 0xc2..<0xe0: (length, lowest) = (2, 0x80)
  case 0xe0..<0xf0: (length, lowest) = (3, 0x800)
  case 0xf0..<0xf5: (length, lowest) = (4, 0x1_0000)
  default: return nil
  }
  guard length <= bytes.count - start else { return nil }
  var value = UInt32(first) & (0x7f >> UInt32(length))
  for byte in bytes[start + 1..<start + length] {
    guard byte & 0xc0 == 0x80 else { return nil }
    value = value << 6 | UInt32(byte & 0x3f)
  }
  // The failable initialiser refuses surrogates and values above U+10FFFF.
  guard value >= lowest, let scalar = Unicode.Scalar(value) else { return nil }
  return (scalar, length)
}
