import EspalierUI

/// How many colours a terminal can show.
public enum ColorDepth: Int, Comparable, Sendable {
  case none = 0
  case eight = 8
  case sixteen = 16
  case indexed = 256
  /// 24 bits.
  case direct = 0x100_0000

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// The depth of a terminal that has so many colours.
  init(colors: Int) {
    let all: [ColorDepth] = [.direct, .indexed, .sixteen, .eight]
    self = all.first { $0.rawValue <= colors } ?? .none
  }

  /// The number by which ncurses knows a colour at this depth; -1 is the terminal's default.
  func number(of color: Color) -> Int32 {
    switch (color, self) {
    case (.default, _), (_, .none): return -1
    case (.palette(let index), .direct): return directNumber(ofPalette: index)
    case (.palette(let index), .indexed): return Int32(index)
    case (.palette(let index), _):
      let base = index < 16 ? index : nearestBasic(to: rgb(ofPalette: index))
      return Int32(self == .eight ? base % 8 : base)
    case (.rgb(let red, let green, let blue), .direct):
      // The numbers 0 to 7 mean the palette there, so the darkest blues give way a little.
      let value = Int32(red) << 16 | Int32(green) << 8 | Int32(blue)
      return 1...7 ~= value ? 8 : value
    case (.rgb(let red, let green, let blue), .indexed):
      return Int32(nearestIndexed(to: (red, green, blue)))
    case (.rgb(let red, let green, let blue), _):
      let base = nearestBasic(to: (red, green, blue))
      return Int32(self == .eight ? base % 8 : base)
    }
  }

  /// Eight colours have no bright ones; bold text stands for them.
  func needsBold(_ color: Color) -> Bool {
    if self == .eight, case .palette(let index) = color { return 8..<16 ~= index }
    return false
  }

  private func directNumber(ofPalette index: UInt8) -> Int32 {
    if index < 8 { return Int32(index) }
    let (red, green, blue) = rgb(ofPalette: index)
    return Self.direct.number(of: .rgb(red, green, blue))
  }
}

typealias RGB = (red: UInt8, green: UInt8, blue: UInt8)

private let cubeLevels: [UInt8] = [0, 95, 135, 175, 215, 255]

private let basicColors: [RGB] = [
  (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
  (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
  (255, 0, 255), (0, 255, 255), (255, 255, 255),
]

/// The 256 indexed colours: 16 basic ones, a cube of 6 by 6 by 6, 24 greys.
func rgb(ofPalette index: UInt8) -> RGB {
  let index = Int(index)
  if index < 16 { return basicColors[index] }
  if index < 232 {
    let place = index - 16
    return (cubeLevels[place / 36], cubeLevels[place / 6 % 6], cubeLevels[place % 6])
  }
  let level = UInt8(8 + (index - 232) * 10)
  return (level, level, level)
}

func nearestBasic(to color: RGB) -> UInt8 { nearest(to: color, in: 0...15) }

/// Among the fixed colours only: the first 16 are whatever the user's theme says.
func nearestIndexed(to color: RGB) -> UInt8 { nearest(to: color, in: 16...255) }

private func nearest(to color: RGB, in indices: ClosedRange<UInt8>) -> UInt8 {
  var best = indices.lowerBound
  var smallest = Int.max
  for index in indices {
    let distance = distance(color, rgb(ofPalette: index))
    if distance < smallest { (best, smallest) = (index, distance) }
  }
  return best
}

private func distance(_ one: RGB, _ two: RGB) -> Int {
  func square(_ a: UInt8, _ b: UInt8) -> Int { (Int(a) - Int(b)) * (Int(a) - Int(b)) }
  // The eye is most sensitive to green and least to blue.
  return 3 * square(one.red, two.red) + 4 * square(one.green, two.green)
    + 2 * square(one.blue, two.blue)
}
