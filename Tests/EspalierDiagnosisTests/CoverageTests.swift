import EspalierDiagnosis
import Testing

/// Names that share storage hold one set of parameters.
@Suite struct CoverageTests {
  @Test func tiedTensorsCountTheirParametersOnce() {
    let destination = [
      TensorFacts("table.weight", [9, 4]), TensorFacts("norm.weight", [4]),
      TensorFacts("out.weight", [9, 4], tiedTo: 0),
    ]
    let source = [TensorFacts("table.weight", [9, 4]), TensorFacts("norm.weight", [4])]
    let report = Engine().diagnose(
      destination: Inventory(tensors: destination), source: Inventory(tensors: source))
    #expect(report.after.tensors == 3)
    #expect(report.after.parameters == 40)
    #expect(report.after.ofParameters == 40)
    #expect(report.before.parameters == 40)
    #expect(report.hyperParameters.destination.parameters == 40)
    #expect(report.hyperParameters.source.parameters == 40)
  }
}
