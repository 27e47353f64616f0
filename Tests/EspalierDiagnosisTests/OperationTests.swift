import Testing

@testable import EspalierDiagnosis

@Suite struct OperationTests {
  @Test(arguments: [
    "identity", "rename", "cast", "tie", "transpose", "permute[2,0,1]", "reshape[3,64,-1]",
    "reshape[]", "split(0,1,3)", "slice(0,2,7)", "index(1,0)", "take(0,[1,0,2])", "flip[2,3]",
    "pad(0,50304)", "concat(0)", "stack(1)", "resize", "dequantise", "weight_norm(0)",
    "lora_merge", "fold_bn", "skip", "transpose|reshape[3,128,64]|take(0,[1,0,2])|reshape[384,64]",
  ])
  func textComesBack(_ text: String) throws {
    let operation = try #require(Operation(parsing: text))
    #expect(operation.description == text)
  }

  @Test(arguments: [
    "", "transposed", "split(0,1)", "split(0,1,x)", "permute[]", "pad(0)", "identity|", "index(1",
    "concat(0,1)", "tie(0)",
  ])
  func nonsenseIsRefused(_ text: String) {
    #expect(Operation(parsing: text) == nil)
  }

  @Test func elementsAreFollowedThroughSteps() throws {
    // The same third of the rows, cut before and after a turn.
    let one = ElementFlow(
      try #require(Operation(parsing: "transpose|split(0,1,3)")), shapes: [[4, 6]])
    let two = ElementFlow(
      try #require(Operation(parsing: "split(1,1,3)|transpose")), shapes: [[4, 6]])
    #expect(one.shape == [2, 4])
    for element in 0..<8 { #expect(one.origin(element) == two.origin(element)) }
    let padded = ElementFlow(Operation([.pad(axis: 0, size: 3)]), shapes: [[2, 2]])
    #expect(padded.origin(4) == .some(nil))
    let joined = ElementFlow(
      Operation([.transpose, .concat(axis: 0)]), shapes: [[2, 3], [2, 1]])
    #expect(joined.shape == [4, 2])
    #expect(joined.origin(7) == .some(.some(.init(source: 1, element: 1))))
  }
}
