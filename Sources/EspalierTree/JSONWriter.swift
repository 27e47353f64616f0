/// Writes JSON in the order it is told to: the same calls give the same bytes, on every machine.
///
/// The result is UTF-8 and safe to print: control, bidirectional and invisible characters are written
/// as `\uXXXX`. Names go through `NameText`, so bytes that are not text survive.
public struct JSONWriter: Sendable {
  /// How items are set.
  public enum Style: Sendable {
    /// No space at all.
    case compact
    /// One item a line, two spaces for each level.
    case indented
  }

  /// What has been written since the last `drain`.
  public private(set) var bytes: [UInt8] = []
  private let style: Style
  /// For each open container, whether it has an item already.
  private var open: [Bool] = []
  private var isAfterKey = false

  /// Nothing written yet.
  public init(style: Style = .compact) { self.style = style }

  /// Hands over what has been written so far, to stream a long document.
  public mutating func drain() -> [UInt8] {
    defer { bytes = [] }
    return bytes
  }

  // MARK: Containers

  /// Opens an object; keys and values follow in turn.
  public mutating func beginObject() { begin("{") }
  /// Closes it.
  public mutating func endObject() { end("}") }
  /// Opens an array.
  public mutating func beginArray() { begin("[") }
  /// Closes it.
  public mutating func endArray() { end("]") }

  /// A key of an object, as `NameText` writes names.
  public mutating func key(_ name: [UInt8]) {
    beginItem()
    if !name.withUnsafeBufferPointer({ quotePlain($0) }) { quote(NameText.encode(name)) }
    bytes.append(UInt8(ascii: ":"))
    if style == .indented { bytes.append(UInt8(ascii: " ")) }
    isAfterKey = true
  }

  /// A key of an object.
  public mutating func key(_ text: String) {
    beginItem()
    var text = text
    if !text.withUTF8({ quotePlain($0) }) { quote(NameText.encode(Array(text.utf8))) }
    bytes.append(UInt8(ascii: ":"))
    if style == .indented { bytes.append(UInt8(ascii: " ")) }
    isAfterKey = true
  }

  /// A key and its list of texts.
  public mutating func strings(_ name: String, _ texts: some Sequence<String>) {
    key(name)
    beginArray()
    for text in texts { string(text) }
    endArray()
  }

  // MARK: Values

  /// Text as it is.
  public mutating func string(_ text: String) {
    beginItem()
    var text = text
    if !text.withUTF8({ quotePlain($0) }) { quote(Array(text.utf8)) }
  }

  /// A name or any other bytes, as `NameText` writes them.
  public mutating func name(_ name: [UInt8]) {
    beginItem()
    if !name.withUnsafeBufferPointer({ quotePlain($0) }) { quote(NameText.encode(name)) }
  }

  /// A whole number.
  public mutating func integer(_ value: some BinaryInteger) { literal(String(value)) }

  /// The shortest digits that give the same number again. JSON has no infinities and no NaN: they are
  /// written as the strings "Infinity", "-Infinity" and "NaN".
  public mutating func number(_ value: Double) {
    if value.isFinite {
      literal(value.description)
    } else {
      string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    }
  }

  /// True or false.
  public mutating func bool(_ value: Bool) { literal(value ? "true" : "false") }
  /// No value.
  public mutating func null() { literal("null") }

  // MARK: Inside

  private mutating func literal(_ text: String) {
    beginItem()
    bytes += text.utf8
  }

  private mutating func begin(_ bracket: Unicode.Scalar) {
    beginItem()
    bytes.append(UInt8(ascii: bracket))
    open.append(false)
  }

  private mutating func end(_ bracket: Unicode.Scalar) {
    let hadItems = open.popLast() ?? false
    if hadItems { breakLine() }
    bytes.append(UInt8(ascii: bracket))
  }

  private mutating func beginItem() {
    if isAfterKey {
      isAfterKey = false
      return
    }
    guard let hasItems = open.last else { return }
    if hasItems { bytes.append(UInt8(ascii: ",")) }
    open[open.count - 1] = true
    breakLine()
  }

  private mutating func breakLine() {
    guard style == .indented else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * open.count))
  }

  /// Nearly all text is ASCII without anything to escape: it goes out as it is.
  private mutating func quotePlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for byte in text where byte < 0x20 || byte >= 0x7f || byte == 0x22 || byte == 0x5c {
      return false
    }
    bytes.append(UInt8(ascii: "\""))
    bytes.append(contentsOf: text)
    bytes.append(UInt8(ascii: "\""))
    return true
  }

  private mutating func quote(_ text: [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    let span = text.span
    var index = 0
    while index < span.count {
      // Text is UTF-8 here: it comes from a `String` or from `NameText`.
      let (length, scalar) = utf8Sequence(span, at: index) ?? (1, 0xfffd)
      switch scalar {
      case 0x22, 0x5c: bytes += [0x5c, UInt8(truncatingIfNeeded: scalar)]
      case 0x0a: bytes += [0x5c, UInt8(ascii: "n")]
      case 0x09: bytes += [0x5c, UInt8(ascii: "t")]
      case 0x0d: bytes += [0x5c, UInt8(ascii: "r")]
      case _ where Self.isUnprintable(scalar): escape(scalar)
      default: for offset in 0..<length { bytes.append(span[index + offset]) }
      }
      index += length
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ scalar: UInt32) {
    if scalar < 0x1_0000 {
      escapeUnit(scalar)
    } else {
      escapeUnit(0xd800 + (scalar - 0x1_0000) >> 10)
      escapeUnit(0xdc00 + (scalar - 0x1_0000) & 0x3ff)
    }
  }

  private mutating func escapeUnit(_ unit: UInt32) {
    let digits = Array("0123456789abcdef".utf8)
    bytes += [0x5c, UInt8(ascii: "u")]
    for shift: UInt32 in [12, 8, 4, 0] { bytes.append(digits[Int(unit >> shift & 15)]) }
  }

  /// Controls, and format characters that change how other text is shown or are not seen at all.
  private static func isUnprintable(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0..<0x20, 0x7f..<0xa0, 0xad, 0x61c, 0x180e, 0x200b...0x200f, 0x2028...0x202e,
      0x2060...0x206f, 0xfeff, 0xfff9...0xfffb, 0xe0000...0xe007f:
      true
    default: false
    }
  }
}
