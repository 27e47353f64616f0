import EspalierTree

/// One side of a row, as far as the leaf rules tell sides apart.
enum Side: UInt8, Sendable, Hashable, CaseIterable {
  case absent
  /// A node with children and no leaf.
  case branch
  /// A node with neither: `()`.
  case empty
  case array
  case yes
  case no
  case nothing
  /// A number, text or an opaque value.
  case value
}

/// What a rule says before shapes, element types, values and ties are looked at.
enum Rule: Sendable, Hashable {
  case decided(Verdict)
  /// Two arrays: shapes and element types decide.
  case arrays
  /// `false` opposite an array: its values decide.
  case zeroOrLost
}

/// The leaf table of a load: destination by source.
///
/// - Parameter sourceIsArrays: whether the source has arrays and nothing else. Such a source (a
///   safetensors file, a state dict) cannot say anything about the destination's functions, rates
///   and absent biases, so that they are not missing there.
func leafRule(destination: Side, source: Side, sourceIsArrays: Bool = false) -> Rule {
  switch (destination, source) {
  case (.empty, .absent), (.yes, .absent), (.no, .absent), (.nothing, .absent), (.value, .absent):
    return .decided(sourceIsArrays ? .untouched : .missing)
  case (.absent, .absent), (.absent, .branch), (.branch, .absent): return .decided(.branch)
  case (.absent, _): return .decided(.unexpected)
  case (_, .absent): return .decided(.missing)

  case (.branch, .branch), (.branch, .empty), (.empty, .branch), (.empty, .empty):
    return .decided(.branch)
  case (.branch, _), (_, .branch): return .decided(.structure)
  // `()` stands for whatever is not an array, and has no place for one.
  case (.empty, .array): return .decided(.structure)

  case (.array, .array): return .arrays
  case (.array, .no): return .decided(.zeroFill)
  case (.array, .yes): return .decided(.trueInSource)
  case (.array, .nothing): return .decided(.nothingInSource)
  case (.array, .value), (.array, .empty): return .decided(.notAnArray)

  case (.no, .array): return .zeroOrLost
  case (.yes, .array): return .decided(.trueInDestination)
  case (.value, .array), (.nothing, .array): return .decided(.noArrayToLoadInto)
  default: return .decided(.untouched)
  }
}
