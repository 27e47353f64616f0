/// One position of a screen: a character, up to two combining marks on it, and a style.
///
/// Two words and no reference, so that a screen is one flat piece of memory.
public struct Cell: Hashable, Sendable {
  // The character in the lowest 21 bits, its marks in the next two groups, width 2 in the top bit.
  // No real cell is 0: that is the right half of a wide character.
  private var glyph: UInt64
  public var style: Style

  /// A cell of one character; marks beyond the second are dropped.
  public init(_ scalar: Unicode.Scalar, style: Style = .plain) {
    glyph = UInt64(scalar.value) | (cellWidth(of: scalar) == 2 ? Self.wide : 0)
    self.style = style
  }

  private init(glyph: UInt64, style: Style) {
    self.glyph = glyph
    self.style = style
  }

  public static let blank = Cell(" ")

  /// The right half of the wide character in the cell before.
  public static func continuation(style: Style) -> Cell { Cell(glyph: 0, style: style) }

  /// 1, 2 for a wide character, 0 for the right half of one.
  public var width: Int { glyph == 0 ? 0 : glyph & Self.wide == 0 ? 1 : 2 }

  /// The character followed by its marks; empty for the right half of a wide character.
  public var text: String {
    var scalars = String.UnicodeScalarView()
    forEachScalar { scalars.append($0) }
    return String(scalars)
  }

  /// Visits the character and its marks, without making a string.
  public func forEachScalar(_ body: (Unicode.Scalar) -> Void) {
    var rest = glyph & ~Self.wide
    while rest != 0 {
      if let scalar = Unicode.Scalar(UInt32(rest & Self.scalarMask)) { body(scalar) }
      rest >>= Self.scalarBits
    }
  }

  /// Puts a combining mark on the character, if there is room for it.
  mutating func add(mark: Unicode.Scalar) {
    guard glyph != 0 else { return }
    for shift in [Self.scalarBits, 2 * Self.scalarBits]
    where glyph >> shift & Self.scalarMask == 0 {
      glyph |= UInt64(mark.value) << shift
      return
    }
  }

  private static let scalarBits: UInt64 = 21
  private static let scalarMask: UInt64 = 0x1f_ffff
  private static let wide: UInt64 = 1 << 63
}
