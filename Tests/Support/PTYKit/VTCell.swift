/// A colour as an escape sequence names it.
public enum VTColor: Hashable, Sendable {
  case `default`
  case palette(UInt8)
  case rgb(UInt8, UInt8, UInt8)
}

public struct VTStyle: Hashable, Sendable {
  public var foreground = VTColor.default
  public var background = VTColor.default
  public var bold = false
  public var dim = false
  public var italic = false
  public var underline = false
  public var reverse = false

  public init() {}
}

/// One position: a character with its marks; empty and of width 0 right of a wide one.
public struct VTCell: Hashable, Sendable {
  public var text = " "
  public var style = VTStyle()
  public var width = 1
}
