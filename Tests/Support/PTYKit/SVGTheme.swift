/// The colours of a drawn screen, as `#rrggbb`.
public struct SVGTheme: Sendable {
  public var foreground = "#d0d4d8"
  public var background = "#101418"
  /// The first 16 palette colours.
  public var basic = [
    "#1c2026", "#d9534f", "#4caf6a", "#d0a215", "#4f8fe6", "#b56ad6", "#2ab0c0", "#d0d4d8",
    "#767c86", "#ff7b72", "#7ee08f", "#ffdf5d", "#79b8ff", "#e29bff", "#66e3f0", "#ffffff",
  ]

  public init() {}

  func color(_ color: VTColor, default fallback: String) -> String {
    switch color {
    case .default: return fallback
    case .rgb(let red, let green, let blue): return hex(Int(red), Int(green), Int(blue))
    case .palette(let index):
      let index = Int(index)
      if index < basic.count { return basic[index] }
      if index >= 232 {
        let grey = 8 + (index - 232) * 10
        return hex(grey, grey, grey)
      }
      let levels = [0, 95, 135, 175, 215, 255]
      let place = index - 16
      return hex(levels[place / 36], levels[place / 6 % 6], levels[place % 6])
    }
  }

  private func hex(_ red: Int, _ green: Int, _ blue: Int) -> String {
    let digits = String(0x100_0000 | red << 16 | green << 8 | blue, radix: 16)
    return "#" + digits.dropFirst()
  }
}
