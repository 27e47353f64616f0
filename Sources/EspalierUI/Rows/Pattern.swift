/// What a person types to find names, as a machine that reads a key path byte by byte.
///
/// One word of bits holds every place in the pattern that the path so far may have reached. A child
/// goes on from its parent's word, so that a whole tree is matched by reading each segment once.
/// Lower-case letters match both cases; a pattern with a capital matches exactly.
public struct Pattern: Equatable, Sendable {
  public enum Style: Sendable { case substring, fuzzy }

  /// Longest pattern, in bytes: the places have to fit into one word.
  public static let maximumLength = 63

  /// For each byte the places from which it leads on.
  private let steps: [UInt64]
  /// Places where any byte may be skipped.
  private let loops: UInt64
  private let accepting: UInt64

  /// - Returns: nil when the pattern is empty or too long.
  public init?(_ text: some StringProtocol, _ style: Style = .substring) {
    let bytes = Array(text.utf8)
    let ignoresCase = !bytes.contains { 0x41...0x5a ~= $0 }
    let isGlob = bytes.contains(UInt8(ascii: "*"))
    var steps = [UInt64](repeating: 0, count: 256)
    var loops: UInt64 = 1
    var length = 0
    for byte in bytes {
      if isGlob, byte == UInt8(ascii: "*") {
        if length < Self.maximumLength { loops |= 1 << UInt64(length) }
        continue
      }
      guard length < Self.maximumLength else { return nil }
      let place: UInt64 = 1 << UInt64(length)
      if isGlob, byte == UInt8(ascii: "?") {
        for value in 0..<256 { steps[value] |= place }
      } else {
        steps[Int(byte)] |= place
        if ignoresCase, 0x61...0x7a ~= byte { steps[Int(byte) - 32] |= place }
      }
      if style == .fuzzy, !isGlob { loops |= place }
      length += 1
    }
    guard length > 0 else { return nil }
    self.steps = steps
    accepting = 1 << UInt64(length)
    self.loops = loops & (accepting - 1)
  }

  /// Where every path begins.
  static let start: UInt64 = 1

  @inline(__always)
  func step(_ places: UInt64, _ byte: UInt8) -> UInt64 {
    // `steps` has 256 entries, so a byte is always inside.
    (places & steps[Int(byte)]) << 1 | places & loops
  }

  @inline(__always) func accepts(_ places: UInt64) -> Bool { places & accepting != 0 }

  /// Whether a text matches, for lists that are no trees.
  public func matches(_ text: some StringProtocol) -> Bool {
    var places = Self.start
    for byte in text.utf8 {
      places = step(places, byte)
      if accepts(places) { return true }
    }
    return false
  }
}
