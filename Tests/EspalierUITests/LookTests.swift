import Testing

@testable import EspalierUI

@Suite struct LookTests {
  @Test func dump() throws {
    let (a, b) = try troubledPair()
    for (w, h) in [(120, 32), (80, 24), (60, 20)] {
      var harness = Harness(a, b, width: w, height: h)
      print(harness.screen)
      harness.press("] ] ]")
      print(harness.screen)
      harness.press("e - j h Tab Tab")
      print(harness.screen)
      harness.press("L")
      print(harness.screen)
      harness.press("Esc r")
      print(harness.screen)
      harness.press("Esc :")
      print(harness.screen)
    }
    var single = Harness(a, nil, width: 80, height: 24)
    print(single.screen)
    single.press("?")
    print(single.screen)
  }
}
