import EspalierTree
import Testing

@Suite struct NameOrderTests {
  static let names: [String] = [
    "", "0", "00", "01", "1", "001", "2", "10", "a", "a0", "a00", "a1", "a01", "a2", "a10", "a2b",
    "a10b", "b", "layer1", "layer10", "layer2", "x9y10", "x09y9", "x9y9",
    "18446744073709551616", "18446744073709551615", "é", "a.b", "-1",
  ]

  /// A total order: one of three, the reverse of its reverse, and transitive.
  @Test func naturalOrderIsTotal() {
    let names = Self.names.map { Name($0) }
    for a in names {
      for b in names {
        #expect((a < b) != (b < a) || a == b)
        #expect(!(a < b && a == b))
        for c in names where a < b && b < c { #expect(a < c, "\(a) \(b) \(c)") }
      }
    }
  }

  @Test func digitsCompareAsNumbers() {
    let sorted = ["layer10", "layer2", "layer1", "layer02", "x2", "x18446744073709551616", "x3"]
      .map { Name($0) }.sorted()
    #expect(
      sorted.map(\.description)
        == ["layer1", "layer02", "layer2", "layer10", "x2", "x3", "x18446744073709551616"])
  }

  @Test func namesAreBytes() {
    // One text in two normalisation forms: two names.
    let composed = Name(Array("é".unicodeScalars.flatMap { Array(String($0).utf8) }))
    let decomposed = Name([0x65, 0xCC, 0x81])
    #expect(composed != decomposed)
    #expect(Name([0xFF]) != Name([0xFE]) && Name([0xFE]) < Name([0xFF]))
  }
}
