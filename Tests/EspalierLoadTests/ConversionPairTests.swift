import EspalierTree
import Testing

@testable import EspalierLoad

/// Every type into every other, whatever the pair: what is promised of it, and what is counted.
@Suite struct ConversionPairTests {
  static let types = DType.allCases.filter(\.isConvertible)

  /// Values of a type: all of them where they are few, else those around its edges.
  static func values(_ type: DType) throws -> (bytes: [UInt8], count: Int) {
    switch type.bytesPerBlock * 8 / type.elementsPerBlock {
    case 4: return ((0..<8).map { UInt8($0 * 2 | ($0 * 2 + 1) << 4) }, 16)
    case 8: return (type == .bool ? [0, 1] : (0...255).map { $0 }, type == .bool ? 2 : 256)
    case 16: return (HalfConversionTests.codes.withUnsafeBytes { Array($0) }, 65_536)
    default:
      let edges: [Double] = [0, -0.0, 1, -1, 2, 3, 0.5, 255, 256, 65504, 65536, 1e9, -1e9, 1e30]
      let found = try #require(convert(edges, .f64, type))
      return (found.bytes, edges.count)
    }
  }

  @Test func thereAre21OfThem() { #expect(Self.types.count == 21) }

  @Test(arguments: types)
  func whatIsPromisedOfEachPairHolds(_ from: DType) throws {
    let (bytes, count) = try Self.values(from)
    for to in Self.types where to != from {
      let there = try #require(convert(bytes, from, to, count: count), "\(from) to \(to)")
      let mayLose = Conversion.mayLose(from: from, to: to)
      #expect(mayLose || there.loss.isEmpty, "\(from) to \(to) lost \(there.loss)")
      let lost = there.loss.counts.reduce(0) { $0 + $1.count }
      #expect(lost <= count, "\(from) to \(to): an element counts once")
      // What lost nothing comes back as it was, but for what stands for NaN.
      guard there.loss.isEmpty, !Conversion.mayLose(from: from, to: to) else { continue }
      let back = try #require(convert(there.bytes, to, from, count: count))
      #expect(back.loss.isEmpty, "\(from) through \(to) lost \(back.loss)")
      let doubles = try [bytes, back.bytes].map {
        load(try #require(convert($0, from, .c128, count: count)).bytes, as: Double.self)
      }
      let isSame = zip(doubles[0], doubles[1]).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
      #expect(isSame, "\(from) through \(to)")
    }
  }

  /// Zero and one are numbers of every type but one that has powers of two alone.
  @Test(arguments: types)
  func zeroAndOneAreTheSameInAll(_ from: DType) throws {
    let pair = try #require(convert([0, 1, 1, 1] as [Double], .f64, from)).bytes
    for to in Self.types {
      let there = from == to ? pair : try #require(convert(pair, from, to, count: 4)).bytes
      let back = to == .f64 ? there : try #require(convert(there, to, .f64, count: 4)).bytes
      let wanted: [Double] = from == .f8e8m0 || to == .f8e8m0 ? [1, 1, 1] : [0, 1, 1, 1]
      #expect(load(back, as: Double.self).suffix(wanted.count) == wanted[...], "\(from) to \(to)")
    }
  }
}
