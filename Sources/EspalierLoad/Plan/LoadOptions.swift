/// Whether everything has to fit before anything is loaded.
public enum LoadMode: UInt8, Sendable, Hashable, CaseIterable {
  /// A single issue refuses the load; the destination is untouched.
  case strict
  /// What fits is loaded, the rest keeps its value and is reported.
  case lenient

  /// The word for the mode in text and JSON: `strict` or `lenient`.
  public var name: String { self == .strict ? "strict" : "lenient" }
}

/// What a load treats differently from the default.
public struct LoadOptions: Sendable, Hashable {
  /// A source's `nothing` opposite an array keeps the array and is not an issue.
  public var nothingKeeps = false
  /// A destination's `false` opposite an array that is not all zero is a note, not an issue
  /// (what Flux's code does; its documentation, and the default here, refuse it).
  public var ignoreInactive = false
  /// A lenient load in which nothing would be loaded goes ahead.
  public var allowsEmptyLoad = false

  /// Options that are not named keep the default: every one is off.
  public init(
    nothingKeeps: Bool = false, ignoreInactive: Bool = false, allowsEmptyLoad: Bool = false
  ) {
    self.nothingKeeps = nothingKeeps
    self.ignoreInactive = ignoreInactive
    self.allowsEmptyLoad = allowsEmptyLoad
  }
}
