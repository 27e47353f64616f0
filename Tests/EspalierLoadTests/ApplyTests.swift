import EspalierTree
import Synchronization
import Testing

@testable import EspalierLoad

/// A model of arrays of one type, by name.
func model(_ dtype: DType, _ arrays: [(Name, [Double])]) throws -> MemorySource {
  var builder = MemorySource.Builder()
  for (name, values) in arrays {
    let bytes = try #require(convert(values, .f64, dtype)).bytes
    try builder.add(name, dtype, [values.count], bytes)
  }
  return builder.finish()
}

@Suite struct ApplyTests {
  @Test func valuesAreConvertedAndLossesCounted() throws {
    let source = try model(.f32, [("a", [1, 1e-9, 1e9, 0.1]), ("b", [1, 2]), ("c", [0.1])])
    let destination = try model(.f16, [("a", [0, 0, 0, 0]), ("b", [0, 0]), ("c", [5])])
    let loading = try Loading(destination, source)
    #expect(
      loading.plan.notes.map(\.kind) == [.conversionLoses, .conversionLoses, .conversionLoses])
    let loaded = try LoadedSource(loading.plan, destination: destination, source: source)
    #expect(loaded.losses.isEmpty)
    let leaves = Array(loaded.tree.leafIDs)
    #expect(load(try loaded.bytes(of: leaves[0]), as: Float16.self) == [1, 0, .infinity, 0.1])
    _ = try loaded.bytes(of: leaves[0])  // counted once, however often it is read
    _ = try loaded.bytes(of: leaves[1])
    #expect(loaded.losses.count == 1)
    #expect(loaded.losses[leaves[0]]?.description == "1 overflowed, 1 became zero, 1 rounded")
    #expect(loaded.origin(of: leaves[0]) == .converted(LeafID(0)))
    _ = try loaded.bytes(of: leaves[2])
    #expect(LoadReport(applied: loaded).totalLoss.rounded == 2)
  }

  /// Blocks and buffers of every size give the same values.
  @Test(arguments: [DType.f16, .f4, .f64, .c64], [1, 3, 8, 64])
  func conversionsStream(_ to: DType, _ blockBytes: Int) throws {
    let values = (0..<40).map { Float($0) / 4 - 3 }
    let wanted = try #require(convert(values, .f32, to))
    for bufferBytes in [1, 2, 5, 7, 64].map({ $0 * to.bytesPerBlock }) {
      let lost = Mutex(ConversionLoss())
      var reader = ConvertingReader(
        BufferReader(values.withUnsafeBytes { Array($0) }), from: .f32, to: to, elements: 40,
        blockBytes: blockBytes
      ) { loss in lost.withLock { $0 = loss } }
      #expect(try drain(&reader, bufferBytes) == wanted.bytes)
      #expect(lost.withLock { $0 } == wanted.loss)
    }
  }

  @Test(arguments: [4, 8, 12, 32])
  func packedTypesStreamIntoSmallBuffers(_ bufferBytes: Int) throws {
    let packed = (0..<20).map { UInt8($0 * 11 & 0xFF) }
    let wanted = try #require(convert(packed, .f4, .f32, count: 40))
    var reader = ConvertingReader(
      BufferReader(packed), from: .f4, to: .f32, elements: 40, blockBytes: 32)
    #expect(try drain(&reader, bufferBytes) == wanted.bytes)
  }

  private func drain(_ reader: inout ConvertingReader, _ size: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: size)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try reader.read(into: $0) }
      if count == 0 { return result }
      result += buffer[..<count]
    }
  }

  @Test func aFailedStrictLoadCarriesItsPlan() throws {
    let destination = try model(.f32, [("a", [1]), ("b", [2])])
    let source = try model(.f32, [("a", [1, 2]), ("b", [3])])
    let plan = try Loading(destination, source).plan
    do {
      _ = try LoadedSource(plan, destination: destination, source: source)
      Issue.record("a strict plan with an issue was applied")
    } catch let refused as LoadRefused {
      #expect(refused.reason == .issues && refused.plan.issueCount == 1)
      #expect(
        refused.description
          == "the strict load is refused, nothing has been changed: 1 issue; the first: shape "
          + "mismatch: destination a is F32 [1], source a is F32 [2]; take a model of the "
          + "source's sizes, or load leniently to keep the destination's value")
    }
    #expect(try destination.bytes(of: LeafID(1)) == floats(2))
  }

  @Test func aLenientLoadOfNothingIsRefusedUnlessForced() throws {
    let destination = try model(.f32, [("a", [1])])
    let source = try model(.f32, [("b", [1])])
    #expect(try Loading(destination, source, .lenient).plan.refusal == .nothingToLoad)
    let forced = try Loading(
      destination, source, .lenient, LoadOptions(allowsEmptyLoad: true))
    #expect(try forced.result("a") == [1])
  }

  /// Descriptions of more elements than there are, as a broken array adapter gives.
  struct Short: TensorSource {
    let inner: MemorySource
    var tree: Tree { inner.tree }
    func reader(for leaf: LeafID) throws -> any TensorReader {
      BufferReader(try inner.bytes(of: leaf).dropLast(4))
    }
  }

  @Test func tooFewValuesAreAnErrorNotGarbage() throws {
    let destination = try model(.f32, [("a", [1, 2])])
    for dtype in [DType.f32, .f64] {
      let source = Short(inner: try model(dtype, [("a", [3, 4])]))
      let plan = try LoadPlan(
        Alignment(destination.tree, source.tree), destination: destination, source: source)
      let loaded = try LoadedSource(plan, destination: destination, source: source)
      #expect(throws: TooFewValues.self) { try loaded.bytes(of: LeafID(0)) }
    }
  }

  @Test func sourcesWithoutValuesAreAnIssue() throws {
    var builder = MemorySource.Builder()
    try builder.add("a", .f32, [2], nil)
    let source = builder.finish()
    let destination = try model(.f32, [("a", [1, 2])])
    let loading = try Loading(destination, source)
    #expect(try loading.verdict("a") == .noValues)
    let row = try loading.plan.row("a")
    #expect(loading.plan.status(at: row) == .equal)
    #expect(
      loading.plan.message(at: row)
        == "no values in the source: destination a is F32 [2], source a is F32 [2]; take a source "
        + "that holds the weights, or load leniently to keep the destination's value")
    // A destination without values is filled like any other.
    #expect(try Loading(source, destination).result("a") == [1, 2])
  }

  @Test func textThatCannotBeReadStaysTheDestinationsOwn() throws {
    var builder = MemorySource.Builder()
    try builder.add("labels", .string, [3], nil)
    try builder.add("w", .f32, [1], floats(1))
    let model = builder.finish()
    let loading = try Loading(model, model)
    #expect(try loading.verdict("labels") == .untouched)
    #expect(loading.plan.refusal == nil && loading.plan.coverage.tensors == 1)
    #expect(
      loading.plan.message(at: try loading.plan.row("labels"))
        == "untouched: destination labels is STR [3], source labels is STR [3]; text that cannot "
        + "be read stays the destination's own")
    var other = MemorySource.Builder()
    try other.add("labels", .f32, [3], floats(1, 2, 3))
    try other.add("w", .f32, [1], floats(1))
    #expect(try Loading(model, other.finish()).verdict("labels") == .dtype)
  }

  @Test func emptyArraysLoad() throws {
    let loading = try Loading(
      model(.f16, [("a", []), ("b", [1])]), model(.f32, [("a", []), ("b", [2])]))
    #expect(loading.plan.refusal == nil && loading.plan.coverage.tensorsLoaded == 2)
    #expect(try loading.result("a") == [])
  }

  @Test func readingStopsWhenToldTo() throws {
    var builder = MemorySource.Builder()
    try builder.add("a", .bool(false))
    let destination = builder.finish()
    let source = try model(.f32, [("a", [0, 0])])
    #expect(throws: Cancelled.self) {
      try LoadPlan(
        Alignment(destination.tree, source.tree), destination: destination, source: source,
        progress: ProgressMonitor { _, _ in false })
    }
    let seen = Mutex<[Int]>([])
    let plan = try LoadPlan(
      Alignment(destination.tree, source.tree), destination: destination, source: source,
      progress: ProgressMonitor { done, total in
        seen.withLock { $0 += [done, total] }
        return true
      })
    #expect(seen.withLock { $0 } == [0, 0, 8, 8])
    #expect(plan.verdict(at: 1) == .inactive)
  }

  @Test(
    arguments: [
      (DType.f32, [0, 0x80, 0, 0, 0, 0, 0, 0] as [UInt8], false),
      (.f32, [0, 0, 0, 0x80, 0, 0, 0, 0], true), (.f64, [0, 0, 0, 0, 0, 0, 0, 0x80], true),
      (.f64, [0, 0, 0, 0x80, 0, 0, 0, 0], false), (.f16, [0, 0x80, 0, 0, 0, 0x80, 0, 0], true),
      (.bf16, [0x80, 0], false), (.f8e4m3, [0x80, 0, 0x80], true), (.f8e4m3fnuz, [0x80], false),
      (.i16, [0, 0x80], false), (.f4, [0x88, 0x08], true), (.f4, [0x80, 0x01], false),
      (.f8e8m0, [0], false), (.f8e8m0, [], true), (.qu8, [0], false), (.bool, [0, 0, 0], true),
      (.c64, [0, 0, 0, 0x80, 0, 0, 0, 0x80], true), (.c64, [0, 0, 0, 0, 0, 0, 0, 1], false),
      (.u8, [UInt8](repeating: 0, count: 5000) + [1], false),
      (.u8, [UInt8](repeating: 0, count: 5001), true),
    ])
  func zeroIsZero(_ dtype: DType, _ bytes: [UInt8], _ wanted: Bool) throws {
    var builder = MemorySource.Builder()
    let count = bytes.count / dtype.bytesPerBlock * dtype.elementsPerBlock
    try builder.add("a", dtype, [count], bytes)
    #expect(try isAllZero(builder.finish(), LeafID(0)) == wanted)
  }

  @Test func zeroesOfNaN() throws {
    #expect(try !isAllZero(model(.f32, [("a", [.nan])]), LeafID(0)))
  }
}
