import EspalierDiagnosis
import EspalierTree

/// Steps that compute new values, as 32-bit floating point numbers.
struct ComputedSteps {
  let source: Inventory

  func node(
    _ step: Step, _ link: Link, _ nodes: [ValueNode], _ target: [Int]
  ) throws(StepError) -> ValueNode {
    throw StepError(
      .unsupported, found: "“\(step)”", expected: "a step that keeps values")
  }
}
