/// What two sides of a row have to do with each other, as far as a load is concerned.
public enum RowMark: UInt8, Sendable, Hashable, CaseIterable {
  /// A branch on both sides.
  case branch
  /// Arrays with one name, shape and element type.
  case equal
  /// Neither side is an array: nothing to load.
  case untouched
  case shape
  case dtype
  /// An array and something that is none, or a branch and a leaf.
  case kind
  case onlyDestination
  case onlySource
  /// `false` where an array could stand, on one side.
  case inactive
  /// Tied in the destination, and the source has two different arrays for it.
  case tied
  /// Paired by a rule, under another name.
  case renamed
  /// Left out of the load: by hand, or by the patterns that the session began with.
  case skipped

  /// The word after `:` in a filter.
  public var filterName: String {
    switch self {
    case .branch: "branch"
    case .equal: "equal"
    case .untouched: "untouched"
    case .shape: "shape"
    case .dtype: "dtype"
    case .kind: "kind"
    case .onlyDestination: "missing"
    case .onlySource: "unexpected"
    case .inactive: "inactive"
    case .tied: "conflict"
    case .renamed: "renamed"
    case .skipped: "skipped"
    }
  }

  /// Whether hiding what is equal leaves the row in sight.
  var differs: Bool {
    switch self {
    case .branch, .equal, .untouched: false
    default: true
    }
  }
}

/// What a lenient load would do with a row.
public enum RowOutcome: UInt8, Sendable, Hashable, CaseIterable {
  case none
  /// The destination's array gets the source's values.
  case loaded
  /// The destination's array is filled with zeros.
  case zeroFilled
  /// The destination keeps what it has.
  case kept
  /// The destination's array shares memory with one that is loaded.
  case tied
  /// The source's array is not used.
  case unused
}

/// Mark, issue and outcome of a row in one byte.
struct RowVerdict: Equatable, Sendable {
  private(set) var raw: UInt8

  init(raw: UInt8 = 0) { self.raw = raw }

  init(_ mark: RowMark, isIssue: Bool = false, outcome: RowOutcome = .none) {
    raw = mark.rawValue | (isIssue ? 0x10 : 0) | outcome.rawValue << 5
  }

  var mark: RowMark { RowMark(rawValue: raw & 0xf) ?? .branch }
  /// Whether the row alone would stop a strict load.
  var isIssue: Bool { raw & 0x10 != 0 }
  var outcome: RowOutcome { RowOutcome(rawValue: raw >> 5) ?? .none }
}
