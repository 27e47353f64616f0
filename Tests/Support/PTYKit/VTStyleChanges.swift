extension VTStyle {
  /// Select graphic rendition: attributes and colours (`ESC [ … m`).
  mutating func apply(_ parameters: [[Int?]]) {
    if parameters.isEmpty { self = VTStyle() }
    var rest = parameters[...]
    while let parameter = rest.popFirst() {
      let code = parameter.first.flatMap(\.self) ?? 0
      if code == 38 || code == 48 {
        let color = parameter.count > 1 ? inOneParameter(parameter) : inSeveral(&rest)
        if let color { set(color, foreground: code == 38) }
      } else {
        apply(code)
      }
    }
  }

  private mutating func set(_ color: VTColor, foreground isForeground: Bool) {
    if isForeground { foreground = color } else { background = color }
  }

  private mutating func apply(_ code: Int) {
    switch code {
    case 0: self = VTStyle()
    case 1: bold = true
    case 2: dim = true
    case 3: italic = true
    case 4: underline = true
    case 7: reverse = true
    case 22: (bold, dim) = (false, false)
    case 23: italic = false
    case 24: underline = false
    case 27: reverse = false
    case 30...37: foreground = .palette(UInt8(code - 30))
    case 39: foreground = .default
    case 40...47: background = .palette(UInt8(code - 40))
    case 49: background = .default
    case 90...97: foreground = .palette(UInt8(code - 82))
    case 100...107: background = .palette(UInt8(code - 92))
    default: break
    }
  }

  /// `38:5:N`, `38:2:R:G:B` and, with a field for the colour space, `38:2::R:G:B`.
  private func inOneParameter(_ parts: [Int?]) -> VTColor? {
    switch (parts[1], parts.count) {
    case (5, 3): parts[2].map { .palette(UInt8(clamping: $0)) }
    case (2, 5...): color(parts.suffix(3).map { $0 ?? 0 })
    default: nil
    }
  }

  /// `38;5;N` and `38;2;R;G;B`.
  private func inSeveral(_ rest: inout ArraySlice<[Int?]>) -> VTColor? {
    let kind = rest.popFirst()?.first.flatMap(\.self)
    let numbers = rest.prefix(kind == 2 ? 3 : 1).map { $0.first.flatMap(\.self) ?? 0 }
    rest = rest.dropFirst(numbers.count)
    if kind == 5 { return numbers.first.map { .palette(UInt8(clamping: $0)) } }
    return kind == 2 ? color(numbers) : nil
  }

  private func color(_ parts: [Int]) -> VTColor? {
    guard parts.count == 3 else { return nil }
    return .rgb(UInt8(clamping: parts[0]), UInt8(clamping: parts[1]), UInt8(clamping: parts[2]))
  }
}
