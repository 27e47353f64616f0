/// How things are shown: what the `o` menu changes and what the driver finds out at the start.
public struct ViewOptions: Equatable, Sendable {
  /// No character beyond ASCII is drawn, but in names.
  public var ascii = false
  public var background = Background.dark
  public var colors = ColorDepth.indexed
  public var units = Units.decimal
  public var showsDtype = true
  public var showsShape = true
  public var showsBytes = false
  public var mouse = true

  public init() {}

  public enum Background: String, Sendable, CaseIterable { case dark, light }

  public enum ColorDepth: String, Sendable, CaseIterable {
    /// `NO_COLOR`, or a terminal without: attributes only.
    case none
    case sixteen
    case indexed
    case trueColor
  }

  public enum Units: String, Sendable, CaseIterable {
    /// 25.6 M, 97.8 MB.
    case decimal
    /// 25.6 M, 93.3 MiB.
    case binary
    /// 25,557,032.
    case exact
  }
}
