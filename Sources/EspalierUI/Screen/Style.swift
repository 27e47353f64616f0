/// A colour of text or background.
public enum Color: Hashable, Sendable {
  /// Whatever the terminal has: light or dark is the user's choice.
  case `default`
  /// One of the 256 indexed colours; 0 to 15 follow the user's theme.
  case palette(UInt8)
  case rgb(UInt8, UInt8, UInt8)
}

/// How a cell looks: two colours and five attributes.
///
/// Packed into one word, because a frame compares every cell with the frame before.
public struct Style: Hashable, Sendable {
  private var bits: UInt64 = 0

  public static let plain = Style()

  public init(
    _ foreground: Color = .default, on background: Color = .default, bold: Bool = false,
    dim: Bool = false, italic: Bool = false, underline: Bool = false, reverse: Bool = false
  ) {
    self.foreground = foreground
    self.background = background
    self.bold = bold
    self.dim = dim
    self.italic = italic
    self.underline = underline
    self.reverse = reverse
  }

  public var foreground: Color {
    get { Self.unpacked(bits) }
    set { bits = bits & ~Self.colorMask | Self.packed(newValue) }
  }
  public var background: Color {
    get { Self.unpacked(bits >> Self.backgroundShift) }
    set {
      bits =
        bits & ~(Self.colorMask << Self.backgroundShift)
        | Self.packed(newValue) << Self.backgroundShift
    }
  }
  public var bold: Bool {
    get { self[flag: 52] }
    set { self[flag: 52] = newValue }
  }
  public var dim: Bool {
    get { self[flag: 53] }
    set { self[flag: 53] = newValue }
  }
  public var italic: Bool {
    get { self[flag: 54] }
    set { self[flag: 54] = newValue }
  }
  public var underline: Bool {
    get { self[flag: 55] }
    set { self[flag: 55] = newValue }
  }
  public var reverse: Bool {
    get { self[flag: 56] }
    set { self[flag: 56] = newValue }
  }

  // A colour takes 26 bits: its kind in the upper two, its value in the lower 24.
  private static let colorMask: UInt64 = 0x3ff_ffff
  private static let backgroundShift: UInt64 = 26

  private static func packed(_ color: Color) -> UInt64 {
    switch color {
    case .default: 0
    case .palette(let index): 1 << 24 | UInt64(index)
    case .rgb(let red, let green, let blue):
      2 << 24 | UInt64(red) << 16 | UInt64(green) << 8 | UInt64(blue)
    }
  }

  private static func unpacked(_ bits: UInt64) -> Color {
    let blue = UInt8(truncatingIfNeeded: bits)
    switch bits >> 24 & 3 {
    case 0: return .default
    case 1: return .palette(blue)
    default:
      return .rgb(
        UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), blue)
    }
  }

  private subscript(flag position: UInt64) -> Bool {
    get { bits >> position & 1 == 1 }
    set { bits = bits & ~(1 << position) | (newValue ? 1 : 0) << position }
  }
}
