import EspalierTree

/// Why a strict load is refused: one reason at one row.
public struct LoadIssue: Sendable, Hashable {
  /// The row of the plan's alignment.
  public let row: Int
  /// The rule that refuses: always one with ``Verdict/isIssue``.
  public let verdict: Verdict
  /// For ties: what was loaded before, and where the two differ.
  public let conflict: TieConflict?

  /// The stable name of the reason, as JSON has it.
  public var kind: String { verdict.issueKind ?? "" }
}

/// Two paths of one storage that would receive different values.
public struct TieConflict: Sendable, Hashable {
  /// The destination leaf whose load stands.
  public let first: LeafID
  /// The source leaf that the first load reads, nil where it is `false`.
  public let firstSource: LeafID?
  /// The first element, in C order of the later path's shape, at which they differ.
  public let element: Int
  /// The value that was loaded there, and the value that the later path would give, as text.
  public let loaded: String
  /// The value that the later path would give there, as text.
  public let other: String
}

extension Verdict {
  /// The stable name of an issue, as JSON has it; nil for a verdict that is none.
  public var issueKind: String? {
    switch self {
    case .branch, .load, .convert, .zeroFill, .tied, .untouched, .inactive, .inactiveIgnored,
      .kept, .undecided:
      return nil
    case .missing: return "missing"
    case .unexpected: return "unexpected"
    case .shape: return "shape_mismatch"
    case .dtype: return "dtype"
    case .structure: return "structure_mismatch"
    case .trueInSource: return "true_in_source"
    case .nothingInSource: return "nothing_in_source"
    case .notAnArray: return "not_an_array"
    case .trueInDestination: return "true_in_destination"
    case .noArrayToLoadInto: return "no_array_to_load_into"
    case .wouldBeLost: return "would_be_lost"
    case .tiedSourcesDiffer: return "tied_sources_differ"
    case .tiedBoolAndArray: return "tied_bool_and_array"
    case .noValues: return "no_values"
    }
  }
}

/// Something that does not stop a load and that a person may want to know.
public struct LoadNote: Sendable, Hashable {
  /// What a note is about.
  public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    /// The children of a branch stand in another order.
    case orderDiffers
    /// A conversion to an element type that cannot hold every value of the source's.
    case conversionLoses
    /// Arrays that are tied in the source are copies of their own in the destination.
    case sourceTied
    /// The array was loaded at another path of its storage.
    case tied
    /// The source's array is lost because the destination is `false`.
    case inactiveIgnored
    /// The source's `nothing` keeps the array.
    case nothingKeeps
    /// A rule asks for values, and the plan was made without them.
    case notChecked
    /// Arrays were matched by their place; names were not compared.
    case namesNotChecked

    /// The stable name, as JSON has it.
    public var name: String {
      switch self {
      case .orderDiffers: return "order_differs"
      case .conversionLoses: return "conversion_loses"
      case .sourceTied: return "source_tied"
      case .tied: return "tied"
      case .inactiveIgnored: return "inactive_ignored"
      case .nothingKeeps: return "nothing_keeps"
      case .notChecked: return "not_checked"
      case .namesNotChecked: return "names_not_checked"
      }
    }
  }

  /// What the note is about.
  public let kind: Kind
  /// The row of the plan's alignment; row 0 for notes about the whole.
  public let row: Int
  /// For `tied`: the destination leaf that the storage was loaded at. For `sourceTied`: the
  /// destination leaf that takes the same array earlier.
  public let other: LeafID?

  init(_ kind: Kind, row: Int, other: LeafID? = nil) {
    self.kind = kind
    self.row = row
    self.other = other
  }
}
