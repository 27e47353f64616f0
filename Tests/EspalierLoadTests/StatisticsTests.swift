import EspalierLoad
import EspalierTree
import Testing

@Suite struct StatisticsTests {
  private func statistics(_ dtype: DType, _ values: [Double], bins: Int = 4) throws -> Statistics {
    let source = try model(dtype, [("a", values)])
    return try EspalierLoad.statistics(of: LeafID(0 as Int32), in: source, bins: bins)
  }

  @Test func countsAndMomentsAreThoseOfTheFiniteValues() throws {
    let found = try statistics(.f32, [1, 2, 3, 4, 0, .nan, .infinity, -.infinity])
    #expect(found.count == 8 && found.zeros == 1 && found.nans == 1 && found.infinities == 2)
    #expect(found.minimum == 0 && found.maximum == 4 && found.mean == 2)
    #expect(abs(found.deviation - 2.0.squareRoot()) < 1e-12)
    #expect(found.histogram == [1, 1, 1, 2])
  }

  @Test func narrowTypesAreNumbersToo() throws {
    for dtype in [DType.f16, .bf16, .f64, .f8e5m2] {
      let found = try statistics(dtype, [-1, 0, 0.5], bins: 0)
      #expect(found.minimum == -1 && found.maximum == 0.5 && found.histogram.isEmpty, "\(dtype)")
    }
  }

  @Test func noFiniteValueHasNoMean() throws {
    let found = try statistics(.f32, [.nan])
    #expect(found.mean.isNaN && found.minimum.isNaN && found.histogram == [0, 0, 0, 0])
  }
}
