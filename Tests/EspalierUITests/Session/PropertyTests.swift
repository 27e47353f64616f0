import EspalierTree
import Testing

@testable import EspalierUI

/// Random keys may do anything, but some things hold after each.
@Suite struct PropertyTests {
  @Test(arguments: 0..<8)
  func randomKeysKeepTheirPromises(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let (a, b) = try troubledPair()
    var harness = Harness(a, seed % 4 == 3 ? nil : b)
    let keys =
      KeyRow.table.flatMap(\.keys).compactMap(Key.sequence)
      + ["a", "w", "1", "7", ":", "!", "*"].map { [.character(Unicode.Scalar($0)!)] }
    for _ in 0..<200 {
      switch Int.random(in: 0..<30, using: &generator) {
      case 0:
        harness.send(
          .input(
            .resize(
              width: Int.random(in: 0...160, using: &generator),
              height: Int.random(in: 0...50, using: &generator))))
      case 1:
        harness.send(
          .input(
            .mouse(
              [.pressLeft, .wheelDown, .wheelUp].randomElement(using: &generator)!,
              x: Int.random(in: 0...160, using: &generator),
              y: Int.random(in: 0...50, using: &generator), modifiers: [])))
      case 2: harness.send(.loaded(.lenient))
      case 3: harness.send(.progress(done: 3, total: 7, seconds: 1))
      default:
        for key in keys.randomElement(using: &generator)! { harness.send(.input(.key(key))) }
      }
      check(harness)
    }
  }

  private func check(_ harness: Harness) {
    let browse = harness.browse
    let alignment = browse.comparison.alignment
    #expect(browse.visible.isEmpty || browse.visible.contains(browse.cursor))
    let height = Layout(harness.state).tree.height
    let first = browse.visible.rank(browse.top)
    if !browse.visible.isEmpty {
      #expect(first..<first + height ~= browse.position, "the cursor is in the window")
    }
    if !browse.isFlat {
      var hasParents = true
      browse.visible.bits.forEach(in: 0..<alignment.count) { row in
        if let parent = alignment.parent(of: row), parent > 0 {
          hasParents = hasParents && browse.visible.contains(parent) && !browse.isFolded(parent)
        }
        return row + 1
      }
      #expect(hasParents)
    }
    let screen = render(harness.state)
    #expect(screen.width == harness.state.width && screen.height == harness.state.height)
    if harness.state.options.ascii {
      let isPlain = screen.text.unicodeScalars.allSatisfy { $0.value < 0x80 }
      let odd = screen.text.unicodeScalars.filter { $0.value >= 0x80 }
      #expect(isPlain, "\(odd)")
    }
  }
}
