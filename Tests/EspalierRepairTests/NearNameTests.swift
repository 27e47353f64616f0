import Testing

@testable import EspalierRepair

struct NearNameTests {
  private func near(_ wanted: String, _ names: [String]) -> String? {
    NearName.find(Array(wanted.utf8), among: names.map { Array($0.utf8) }).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  static let names = [
    "state.module.blocks.0.weight", "state.module.head.weight", "conv1.weight", "in0",
  ]

  @Test(arguments: [
    ("module.head.weight", "state.module.head.weight"), ("model.conv1.weight", "conv1.weight"),
    ("conv1.wieght", "conv1.weight"), ("in1", "in0"), ("conv.weight", "conv1.weight"),
    ("optimizer.step", nil), ("ule.head.weight", nil), ("", nil), ("x", nil),
  ])
  func aNameThatMayBeMeant(_ wanted: String, _ found: String?) {
    #expect(near(wanted, Self.names) == found)
  }
}
