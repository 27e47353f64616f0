/// What a piece of the screen means; the theme says how that looks.
enum Role: Int, CaseIterable {
  case text, dim, faint, title, accent
  case good, warning, error
  case equal, shape, dtype, kind, onlyDestination, onlySource, inactive, tied, renamed, skipped
  /// A dimension that differs.
  case dimension
  case bar, barEmpty
}

/// Colours for all roles, after the palette of Okabe and Ito: blue against orange, told apart by
/// every kind of colour vision. Marks say the same without any colour.
struct Theme {
  private let styles: [Style]
  private let cursorBackground: Color?
  private let cursorUnfocused: Color?
  private let headBackground: Color?
  private let matchColor: Color?

  subscript(role: Role) -> Style { styles[role.rawValue] }

  init(_ options: ViewOptions) {
    let isDark = options.background == .dark
    styles = Role.allCases.map { role in
      var style = Style(Self.color(role, isDark, options.colors))
      Self.addAttributes(role, options.colors, &style)
      return style
    }
    let pick = { (rgb: UInt32, sixteen: UInt8?) -> Color? in
      switch options.colors {
      case .none: nil
      case .sixteen: sixteen.map(Color.palette)
      default: Self.color(rgb, options.colors)
      }
    }
    cursorBackground = pick(isDark ? 0x2d3c54 : 0xcfe2f6, nil)
    cursorUnfocused = pick(isDark ? 0x262d38 : 0xe3e8ee, nil)
    headBackground = pick(isDark ? 0x1c2532 : 0xe9eff6, nil)
    matchColor = pick(isDark ? 0x5a4a10 : 0xffe9a0, nil)
  }

  /// Marks a row as the one under the cursor.
  func highlight(_ style: inout Style, focused: Bool) {
    if let background = focused ? cursorBackground : cursorUnfocused {
      style.background = background
    } else {
      style.reverse = focused
      style.underline = style.underline || !focused
      style.dim = false
    }
  }

  func head(_ style: inout Style) {
    if let headBackground { style.background = headBackground }
  }

  /// What a search has found.
  func match(_ style: inout Style) {
    if let matchColor { style.background = matchColor }
    style.underline = true
  }

  private static func addAttributes(
    _ role: Role, _ depth: ViewOptions.ColorDepth, _ style: inout Style
  ) {
    switch role {
    case .title, .dimension, .error: style.bold = true
    case .inactive, .skipped: style.italic = depth != .sixteen
    default: break
    }
    if depth == .none {
      switch role {
      case .dim, .faint, .equal, .barEmpty: style.dim = true
      case .shape, .kind, .dtype, .tied, .warning: style.bold = true
      case .dimension: style.underline = true
      default: break
      }
    }
  }

  private static func color(_ role: Role, _ isDark: Bool, _ depth: ViewOptions.ColorDepth) -> Color
  {
    let (dark, light, sixteen) = table(role)
    switch depth {
    case .none: return .default
    case .sixteen: return sixteen.map(Color.palette) ?? .default
    default:
      guard let rgb = isDark ? dark : light else { return .default }
      return color(rgb, depth)
    }
  }

  private static func color(_ rgb: UInt32, _ depth: ViewOptions.ColorDepth) -> Color {
    let (red, green, blue) = (UInt8(rgb >> 16 & 255), UInt8(rgb >> 8 & 255), UInt8(rgb & 255))
    return depth == .trueColor
      ? .rgb(red, green, blue) : .palette(indexed(red, green, blue))
  }

  /// On a dark background, on a light one, and among the 16 of the terminal.
  private static func table(_ role: Role) -> (UInt32?, UInt32?, UInt8?) {
    switch role {
    case .text, .title: (nil, nil, nil)
    case .dim: (0x8d97a8, 0x5c6675, 8)
    case .faint: (0x4c5667, 0xb9c2ce, 8)
    case .accent, .onlyDestination, .bar: (0x5fb7ec, 0x00639c, 6)
    case .good, .tied: (0x4fc4a4, 0x00705a, 2)
    case .warning, .shape: (0xf2a24d, 0xb24d00, 3)
    case .error, .kind, .dimension: (0xf5814f, 0xb83200, 1)
    case .equal: (0x6f7a8c, 0x7a8594, 8)
    case .dtype: (0xe6d86a, 0x7d6300, 3)
    case .onlySource: (0xd99ac4, 0x96356f, 5)
    case .inactive, .skipped: (0xa3acba, 0x6a7483, 7)
    case .renamed: (0xb9a8f2, 0x5a45a8, 4)
    case .barEmpty: (0x3a4352, 0xccd4de, 8)
    }
  }

  /// The nearest of the 240 fixed colours among the 256.
  static func indexed(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let steps = [0, 95, 135, 175, 215, 255]
    let wanted = [Int(red), Int(green), Int(blue)]
    let cube = wanted.map { value in
      steps.indices.min { abs(steps[$0] - value) < abs(steps[$1] - value) } ?? 0
    }
    let distance = { (color: [Int]) in
      zip(color, wanted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    let gray = min(max(0, (wanted.reduce(0, +) / 3 - 3) / 10), 23)
    let grayValue = 8 + 10 * gray
    let isGrayNearer =
      distance([grayValue, grayValue, grayValue]) < distance(cube.map { steps[$0] })
    return UInt8(isGrayNearer ? 232 + gray : 16 + 36 * cube[0] + 6 * cube[1] + cube[2])
  }
}

extension RowMark {
  var role: Role {
    switch self {
    case .branch: .text
    case .equal, .untouched: .equal
    case .shape: .shape
    case .dtype: .dtype
    case .kind: .kind
    case .onlyDestination: .onlyDestination
    case .onlySource: .onlySource
    case .inactive: .inactive
    case .tied: .error
    case .renamed: .renamed
    case .skipped: .skipped
    }
  }
}

extension RowOutcome {
  var role: Role {
    switch self {
    case .none: .equal
    case .loaded: .good
    case .zeroFilled: .inactive
    case .kept: .shape
    case .tied: .tied
    case .unused: .onlySource
    }
  }
}
