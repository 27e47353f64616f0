import EspalierDiagnosis
import EspalierTree

/// What a packed weight is made of, by the last parts of the names.
struct PackedParts {
  let all: [Part]
  let steps: ComputedSteps
  /// The destination's shape as rules see it; nil where there is no destination.
  let target: [Int]?
  /// The result is the destination's array, so that its size tells the width.
  let isLast: Bool

  subscript(_ leaf: String) -> Part? { all.first { $0.leafName == leaf } }

  /// A part of a weight whose parts hang in the module side by side: `gate_scales`.
  func part(endingIn leaf: String) -> Part? {
    self[leaf] ?? all.first { $0.leafName.hasSuffix("_" + leaf) }
  }

  /// The shape that the result has to have, where it is known.
  var exact: [Int]? { isLast ? target : nil }

  var names: String {
    "packed weights of the parts " + all.map(\.leafName).joined(separator: ", ")
  }

  /// A refusal that names what is unpacked.
  static func unsupported(_ found: String) -> StepError {
    StepError(
      .unsupported, found: found,
      expected: "one of " + Dequantisation.kinds.map(\.name).joined(separator: ", "))
  }
}
