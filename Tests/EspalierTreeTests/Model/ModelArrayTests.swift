import Testing

@testable import EspalierTree

@Suite struct ModelArrayTests {
  func read(_ array: some ModelArray, from offset: Int = 0, capacity: Int = 64) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xAA, count: capacity)
    let count = try bytes.withUnsafeMutableBytes { buffer in
      try array.readModelArray(into: buffer, from: offset)
    }
    return Array(bytes[..<count])
  }

  @Test func readsInPieces() throws {
    let array = ShapedArray<UInt16>([1, 2, 3, 0x0405], shape: [2, 2])
    #expect(try read(array) == [1, 0, 2, 0, 3, 0, 5, 4])
    #expect(try read(array, from: 4, capacity: 2) == [3, 0])
    #expect(try read(array, from: 8) == [] && read(array, from: 400) == [])
    #expect(try read(ShapedArray<UInt16>([], shape: [0])) == [])
  }

  @Test func booleansAreWrittenAsOneAndReadFromAnyByte() throws {
    var flags = [true, false, true]
    #expect(try read(flags) == [1, 0, 1])
    try [UInt8]([0, 255, 2]).withUnsafeBytes { try flags.writeModelArray($0) }
    #expect(flags == [false, true, true])
  }

  @Test(arguments: [0, 4, 7, 12]) func writingChecksTheCount(_ count: Int) {
    var array = ShapedArray<Float>([1, 2], shape: [2])
    let bytes = [UInt8](repeating: 0, count: count)
    #expect(throws: WrongElementCount.self) {
      try bytes.withUnsafeBytes { try array.writeModelArray($0) }
    }
    #expect(array.elements == [1, 2])
  }

  /// A conformance that promises another size must not reach beyond its elements.
  @Test func aScalarOfTheWrongSize() throws {
    struct Wide: ModelScalar, Equatable {
      var a: UInt64
      var b: UInt64
      static var modelScalarType: DType { .u16 }
    }
    struct Narrow: ModelScalar, Equatable {
      var a: UInt8
      static var modelScalarType: DType { .u32 }
    }
    var wide = [Wide(a: 0x0102, b: 9), Wide(a: 3, b: 9)]
    #expect(try read(wide, capacity: 4) == [2, 1, 3, 0])
    try [UInt8]([5, 6, 7, 8]).withUnsafeBytes { try wide.writeModelArray($0) }
    #expect(wide == [Wide(a: 0x0605, b: 0), Wide(a: 0x0807, b: 0)])
    #expect(try read([Narrow(a: 4)], capacity: 4) == [4, 0, 0, 0])
  }

  struct Matrix: ElementArray {
    var rows = 2
    var columns = 3
    var storage: [Float] = [1, 2, 3, 4, 5, 6]
    var modelArrayShape: Shape { [rows, columns] }
    var modelArrayElements: [Float] {
      get { storage }
      set { storage = newValue }
    }
  }

  @Test func anAdapterInThreeLines() throws {
    let source = try ModelSource(["m": Matrix()])
    #expect(source.tree.dump == "m  F32 [2, 3]")
    let values = MemorySource(
      tree: source.tree, values: [[Float](repeating: 7, count: 6).withUnsafeBytes { Array($0) }])
    let updated = try source.updating([LeafID(0)], from: values) as? [String: Matrix]
    #expect(updated?["m"]?.storage == [7, 7, 7, 7, 7, 7])
  }

  @Test func viewsReadAndWriteThroughTheirStrides() throws {
    let base = ArrayReference<UInt8>([0, 1, 2, 3, 4, 5], shape: [2, 3])
    #expect(try read(base.transposed()) == [0, 3, 1, 4, 2, 5])
    #expect(try read(base.view(shape: [2], offset: 5, strides: [-3])) == [5, 2])
    #expect(try read(base.view(shape: [2, 2], offset: 1, strides: [3, 1])) == [1, 2, 4, 5])
    #expect(try read(base.view(shape: [3], offset: 2, strides: [1]), from: 1) == [3, 4])
    let view = base.view(shape: [2], offset: 0, strides: [5])
    try [UInt8]([8, 9]).withUnsafeBytes { try view.writeModelArray($0) }
    #expect(base.elements == [8, 1, 2, 3, 4, 9])
    #expect(throws: ViewOutOfBounds.self) {
      try read(base.view(shape: [3], offset: 4, strides: [1]))
    }
    #expect(throws: ViewOutOfBounds.self) {
      try read(base.view(shape: [2, 2], offset: 0, strides: [1]))
    }
  }
}
