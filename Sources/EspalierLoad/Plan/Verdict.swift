/// What a load decides for one row of an alignment.
///
/// A verdict does not depend on the mode: the mode says what an issue means.
public enum Verdict: UInt8, Sendable, Hashable, CaseIterable {
  // Nothing stands against these.

  /// A branch: what counts is decided below it.
  case branch
  /// The source's values are copied as they are.
  case load
  /// The source's values are converted to the destination's element type.
  case convert
  /// The source says `false`: the array is filled with zeros.
  case zeroFill
  /// The array was loaded at another path of the same storage, and nothing here contradicts it.
  case tied
  /// Neither side is an array: the destination's own stays.
  case untouched
  /// The destination is `false` and the source's array is all zero.
  case inactive
  /// The destination is `false`, the source's array is not zero, and the option says to go on.
  case inactiveIgnored
  /// The source says `nothing` and the option says that it keeps the array.
  case kept
  /// A rule asks for values, and the plan was made without them.
  case undecided

  // Issues.

  /// The destination alone has it.
  case missing
  /// The source alone has it.
  case unexpected
  /// Two arrays of different shape.
  case shape
  /// Two arrays of one shape whose element types do not convert.
  case dtype
  /// A branch on one side, a leaf on the other.
  case structure
  /// An array opposite `true`.
  case trueInSource
  /// An array opposite `nothing`.
  case nothingInSource
  /// An array opposite a number, text, an opaque value or `()`.
  case notAnArray
  /// `true` opposite an array.
  case trueInDestination
  /// A number, text, an opaque value or `nothing` opposite an array.
  case noArrayToLoadInto
  /// `false` opposite an array that is not all zero.
  case wouldBeLost
  /// A later path of a loaded storage whose source has other values.
  case tiedSourcesDiffer
  /// A later path of a loaded storage: `false` at one path, an array that is not zero at another.
  case tiedBoolAndArray
  /// The source has a description of the array but no values.
  case noValues

  /// Whether the verdict stands against a strict load.
  @inline(__always) public var isIssue: Bool { rawValue >= Verdict.missing.rawValue }

  /// Whether one storage of the destination would be given two values.
  package var isTieConflict: Bool { self == .tiedSourcesDiffer || self == .tiedBoolAndArray }
}

/// What becomes of a destination leaf when the plan is applied leniently, or strictly without
/// issues.
public enum Outcome: UInt8, Sendable, Hashable, CaseIterable {
  /// A branch, or a leaf that the source alone has.
  case nothing
  /// It takes the source's values, converted where the element types differ.
  case loaded
  /// It is filled with zeros, because the source says `false`.
  case zeroFilled
  /// Its memory is loaded, wholly or in part, at another path.
  case tied
  /// It keeps its value although the source, or its absence, says otherwise.
  case kept
  /// Not an array, and nothing to load: the destination's own.
  case untouched
}

/// How the two sides of a row compare, whatever a load makes of it.
public enum RowStatus: UInt8, Sendable, Hashable, CaseIterable {
  /// Arrays of one shape and element type, or equal values that are no arrays.
  case equal
  /// Arrays of different shape.
  case shape
  /// Arrays of one shape and different element types.
  case dtype
  /// An array opposite something else, two kinds of value, or a branch opposite a leaf.
  case kind
  /// The source has nothing there.
  case onlyDestination
  /// The destination has nothing there.
  case onlySource
  /// An array opposite `false`.
  case inactive
  /// Two values of one kind that differ.
  case value

  /// The stable name, as JSON has it.
  public var name: String {
    switch self {
    case .equal: return "equal"
    case .shape: return "shape"
    case .dtype: return "dtype"
    case .kind: return "kind"
    case .onlyDestination: return "only_destination"
    case .onlySource: return "only_source"
    case .inactive: return "inactive"
    case .value: return "value"
    }
  }
}
