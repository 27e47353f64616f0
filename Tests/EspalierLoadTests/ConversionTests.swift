import EspalierTree
import Testing

@testable import EspalierLoad

/// Converts an array of plain values; nil when the types do not convert.
func convert<T: BitwiseCopyable>(
  _ values: [T], _ from: DType, _ to: DType, count: Int? = nil
) -> (bytes: [UInt8], loss: ConversionLoss)? {
  let count = count ?? values.count
  var bytes = [UInt8](repeating: 0xAA, count: to.byteCount(elements: count) ?? 0)
  let loss = values.withUnsafeBytes { source in
    bytes.withUnsafeMutableBytes { Conversion.convert(source, from, to: $0, to, count: count) }
  }
  return loss.map { (bytes, $0) }
}

func load<T: BitwiseCopyable>(_ bytes: [UInt8], as type: T.Type) -> [T] {
  bytes.withUnsafeBytes { all in
    (0..<all.count / MemoryLayout<T>.size).map {
      all.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)
    }
  }
}

@Suite struct HalfConversionTests {
  static let codes = (0..<65_536).map { UInt16($0) }

  @Test func allHalvesBecomeFloats() throws {
    let (bytes, loss) = try #require(convert(Self.codes, .f16, .f32))
    #expect(loss.isEmpty)
    for (code, value) in zip(Self.codes, load(bytes, as: Float.self)) {
      let wanted = Float(Float16(bitPattern: code))
      if wanted.isNaN {
        #expect(value.isNaN)
      } else if value.bitPattern != wanted.bitPattern {
        Issue.record("\(code): \(value), not \(wanted)")
      }
    }
  }

  @Test func allBfloatsBecomeFloats() throws {
    let (bytes, loss) = try #require(convert(Self.codes, .bf16, .f32))
    #expect(loss.isEmpty)
    #expect(load(bytes, as: UInt32.self) == Self.codes.map { UInt32($0) << 16 })
  }

  /// Both half types there and back, by every way; only the payload of a NaN may change.
  @Test(
    arguments: [
      (DType.f16, DType.f32), (.f16, .f64), (.bf16, .f32), (.bf16, .f64), (.f16, .c64),
      (.bf16, .c128),
    ])
  func thereAndBack(_ half: DType, _ wide: DType) throws {
    let there = try #require(convert(Self.codes, half, wide))
    let back = try #require(convert(there.bytes, wide, half, count: 65_536))
    #expect(back.loss.isEmpty && there.loss.isEmpty)
    let limit: UInt16 = half == .f16 ? 0x7C00 : 0x7F80
    for (code, result) in zip(Self.codes, load(back.bytes, as: UInt16.self)) {
      let isSame =
        code == result || (code & 0x7FFF > limit && result & 0x7FFF > limit)
      if !isSame { Issue.record("\(code) came back as \(result)") }
    }
  }

  /// Floats around every half, and their halfway points, against the standard library.
  @Test func floatsRoundToHalvesAsIEEESays() throws {
    var floats: [Float] = []
    for code in stride(from: 0, to: 0x7C00, by: 3) {
      let value = Float(Float16(bitPattern: UInt16(code)))
      let next = Float(Float16(bitPattern: UInt16(code) + 1))
      let middle = next.isFinite ? (value + next) / 2 : 65520
      floats += [value, value.nextUp, middle.nextDown, middle, middle.nextUp, -middle]
    }
    floats += [.infinity, -.infinity, .nan, 1e30, -1e30, 1e-30, .leastNonzeroMagnitude]
    let (bytes, loss) = try #require(convert(floats, .f32, .f16))
    var wanted = ConversionLoss()
    for (value, result) in zip(floats, load(bytes, as: UInt16.self)) {
      let half = Float16(value)
      if value.isNaN {
        #expect(Float16(bitPattern: result).isNaN)
        continue
      }
      if result != half.bitPattern { Issue.record("\(value): \(result), not \(half.bitPattern)") }
      if value.isFinite, half.isInfinite {
        wanted.overflow += 1
      } else if value != 0, half == 0 {
        wanted.underflow += 1
      } else if Float(half) != value {
        wanted.rounded += 1
      }
    }
    #expect(loss == wanted)
    // The way through doubles gives the same bits.
    let wide = try #require(convert(floats.map { Double($0) }, .f64, .f16))
    for index in floats.indices where !floats[index].isNaN {
      #expect(wide.bytes[2 * index] == bytes[2 * index])
      #expect(wide.bytes[2 * index + 1] == bytes[2 * index + 1])
    }
    #expect(wide.loss == loss)
  }

  @Test func floatsRoundToBfloats() throws {
    let cases: [(UInt32, UInt16)] = [
      (0x3F80_0000, 0x3F80), (0x3F80_8000, 0x3F80), (0x3F80_8001, 0x3F81), (0x3F81_8000, 0x3F82),
      (0x7F7F_FFFF, 0x7F80), (0xFF7F_FFFF, 0xFF80), (0x7F80_0000, 0x7F80), (0x0000_0001, 0x0000),
      (0x8000_0001, 0x8000), (0x0000_8001, 0x0001), (0x7F80_0001, 0x7FC0), (0x0000_0000, 0),
    ]
    let (bytes, loss) = try #require(convert(cases.map(\.0), .f32, .bf16))
    #expect(load(bytes, as: UInt16.self) == cases.map(\.1))
    var wanted = ConversionLoss()
    (wanted.overflow, wanted.underflow, wanted.rounded) = (2, 2, 4)
    #expect(loss == wanted)
    let wide = try #require(
      convert(cases.map { Double(Float(bitPattern: $0.0)) }.dropLast(2), .f64, .bf16))
    #expect(load(wide.bytes, as: UInt16.self) == cases.dropLast(2).map(\.1))
  }

  /// A double that rounds to the middle of two halves must not be rounded twice.
  @Test func doublesAreRoundedOnce() throws {
    let middle = 1 + 0x1p-11
    let (bytes, _) = try #require(convert([middle + 0x1p-40, middle - 0x1p-40], .f64, .f16))
    #expect(load(bytes, as: UInt16.self) == [0x3C01, 0x3C00])
  }

  @Test func doublesBecomeFloats() throws {
    let values: [Double] = [1, 0.1, 1e300, -1e300, 1e-300, .infinity, .nan, -0.0, 0x1p-149]
    let (bytes, loss) = try #require(convert(values, .f64, .f32))
    for (value, result) in zip(values, load(bytes, as: Float.self)) where !value.isNaN {
      #expect(result.bitPattern == Float(value).bitPattern)
    }
    var wanted = ConversionLoss()
    (wanted.overflow, wanted.underflow, wanted.rounded) = (2, 1, 1)
    #expect(loss == wanted)
  }
}

/// Hashes of what ml_dtypes gives for every half, every bfloat and every code, each NaN as one.
@Suite struct SmallFloatTests {
  struct Golden: Sendable {
    let type: DType
    let fromHalf: UInt64
    let fromBfloat: UInt64
    let decoded: UInt64
  }

  static let golden = [
    Golden(
      type: .f8e4m3, fromHalf: 0x5fb5_55b2_b7b3_6b25, fromBfloat: 0x06f8_e9f3_2d7f_51d5,
      decoded: 0x4d4d_ed90_c4f5_d9b5),
    Golden(
      type: .f8e5m2, fromHalf: 0x3850_0b3f_9a0d_23a5, fromBfloat: 0xa292_cc88_0330_b625,
      decoded: 0x61a0_99e7_2317_4195),
    Golden(
      type: .f8e4m3fnuz, fromHalf: 0xd02d_3d20_c2a5_d1a5, fromBfloat: 0x8ce4_ca87_66bf_7125,
      decoded: 0x33a0_6c4d_1199_92b0),
    Golden(
      type: .f8e5m2fnuz, fromHalf: 0x0f27_6878_c6f5_4da5, fromBfloat: 0x59aa_fd19_8e75_ee25,
      decoded: 0x08d9_906c_c5ea_2650),
    // From bfloat: computed apart. The reference rounds 31 subnormals twice, away from the nearest.
    Golden(
      type: .f8e8m0, fromHalf: 0x1099_ea99_b12c_bc13, fromBfloat: 0x2ed3_b7b7_e6ef_102b,
      decoded: 0x04b7_d9d8_5633_d505),
    Golden(
      type: .f4, fromHalf: 0xf272_207f_370a_152d, fromBfloat: 0xa554_14bb_7221_91ad,
      decoded: 0xb7a5_36e3_9150_e235),
  ]

  static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// One code a byte.
  static func unpack(_ bytes: [UInt8], _ type: DType) -> [UInt8] {
    type == .f4 ? bytes.flatMap { [$0 & 15, $0 >> 4] } : bytes
  }

  static func isNaN(_ code: UInt8, _ type: DType) -> Bool {
    switch type {
    case .f8e4m3: return code & 0x7F == 0x7F
    case .f8e5m2: return code & 0x7F > 0x7C
    case .f8e4m3fnuz, .f8e5m2fnuz: return code == 0x80
    case .f8e8m0: return code == 0xFF
    default: return false
    }
  }

  @Test(arguments: golden)
  func everyHalfAndBfloat(_ golden: Golden) throws {
    for (half, wanted) in [(DType.f16, golden.fromHalf), (.bf16, golden.fromBfloat)] {
      let (bytes, loss) = try #require(convert(HalfConversionTests.codes, half, golden.type))
      let limit: UInt16 = half == .f16 ? 0x7C00 : 0x7F80
      let codes = zip(HalfConversionTests.codes, Self.unpack(bytes, golden.type)).map {
        input, code in
        let isNaN = Self.isNaN(code, golden.type) || (golden.type == .f4 && input & 0x7FFF > limit)
        return isNaN ? 0xEE : code
      }
      #expect(Self.hash(codes) == wanted, "\(half)")
      #expect(!loss.isEmpty)
      #expect((loss.nan > 0) == (golden.type == .f4))
    }
  }

  @Test(arguments: golden)
  func everyCodeBothWays(_ golden: Golden) throws {
    let type = golden.type
    let packed: [UInt8] =
      type == .f4 ? (0..<8).map { UInt8($0 * 2 | ($0 * 2 + 1) << 4) } : (0...255).map { $0 }
    let count = type == .f4 ? 16 : 256
    let there = try #require(convert(packed, type, .f64, count: count))
    #expect(there.loss.isEmpty)
    let bits = load(there.bytes, as: Double.self).map { value in
      value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern
    }
    #expect(Self.hash(bits.withUnsafeBytes { Array($0) }) == golden.decoded)
    for wide in [DType.f64, .f32, .c64] {
      let over = try #require(convert(packed, type, wide, count: count))
      let back = try #require(convert(over.bytes, wide, type, count: count))
      #expect(back.loss.isEmpty)
      for (code, result) in zip(Self.unpack(packed, type), Self.unpack(back.bytes, type)) {
        let isSame = code == result || (Self.isNaN(code, type) && Self.isNaN(result, type))
        if !isSame { Issue.record("\(type) \(code) came back as \(result) through \(wide)") }
      }
    }
  }

  @Test func whatHasNoPlaceIsCounted() throws {
    let values: [Float] = [1e9, .infinity, .nan, 1e-9, 0, -0.0, 1.05]
    let e4m3 = try #require(convert(values, .f32, .f8e4m3))
    #expect(e4m3.bytes == [0x7F, 0x7F, 0x7F, 0, 0, 0x80, 0x38])
    #expect(e4m3.loss.description == "2 overflowed, 1 became zero, 1 rounded")
    let e5m2 = try #require(convert(values, .f32, .f8e5m2))
    #expect(e5m2.bytes == [0x7C, 0x7C, 0x7E, 0, 0, 0x80, 0x3C])
    #expect(e5m2.loss.overflow == 1)
    let e8m0 = try #require(convert([0, -1, Float.infinity, 1, 3], .f32, .f8e8m0))
    #expect(e8m0.bytes == [0xFF, 0xFF, 0xFF, 127, 129])
    #expect(e8m0.loss.description == "1 overflowed, 1 rounded, 2 out of range")
  }
}

@Suite struct IntegerConversionTests {
  static let integers: [(DType, any (FixedWidthInteger & BitwiseCopyable & Sendable).Type)] = [
    (.u8, UInt8.self), (.i8, Int8.self), (.u16, UInt16.self), (.i16, Int16.self),
    (.u32, UInt32.self), (.i32, Int32.self), (.u64, UInt64.self), (.i64, Int64.self),
  ]

  static func edges<T: FixedWidthInteger>(_ type: T.Type) -> [T] {
    var result: [T] = [0, 1, T.max, T.min, T.max - 1, T.max / 2, T.max / 2 + 1, 42]
    for bits in stride(from: 3, to: T.bitWidth - 1, by: 4) {
      let power = T(1) << bits
      result += [power, power - 1, power | 1, 0 &- power]
    }
    return result
  }

  @Test(arguments: 0..<8, 0..<8)
  func integersClamp(_ a: Int, _ b: Int) throws {
    func from<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws {
      func to<U: FixedWidthInteger & BitwiseCopyable>(_ target: U.Type) throws {
        let values = Self.edges(type)
        let (bytes, loss) = try #require(convert(values, Self.integers[a].0, Self.integers[b].0))
        #expect(load(bytes, as: U.self) == values.map { U(clamping: $0) })
        #expect(loss.outOfRange == values.count { U(exactly: $0) == nil })
        #expect(loss.counts.count <= 1)
      }
      try to(Self.integers[b].1)
    }
    try from(Self.integers[a].1)
  }

  @Test(arguments: 0..<8)
  func integersBecomeFloatsRoundedOnce(_ a: Int) throws {
    func from<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws {
      // Halfway points of Float and Float16, where rounding twice goes wrong.
      var values = Self.edges(type)
      if T.bitWidth == 64 {
        values += [
          T(1) << 53 | 1, T(1) << 62 | 1 << 38 | 1, T(1) << 62 | 1 << 38, T(1) << 60 | 3 << 36 | 1,
        ]
      }
      let dtype = Self.integers[a].0
      let floats = try #require(convert(values, dtype, .f32))
      #expect(load(floats.bytes, as: Float.self) == values.map { Float($0) })
      #expect(floats.loss.rounded == values.count { Float(exactly: $0) == nil })
      let doubles = try #require(convert(values, dtype, .f64))
      #expect(load(doubles.bytes, as: Double.self) == values.map { Double($0) })
      #expect(doubles.loss.rounded == values.count { Double(exactly: $0) == nil })
      let halves = try #require(convert(values, dtype, .f16))
      #expect(load(halves.bytes, as: Float16.self) == values.map { Float16($0) })
      let truths = try #require(convert(values, dtype, .bool))
      #expect(truths.bytes == values.map { $0 == 0 ? 0 : 1 })
    }
    try from(Self.integers[a].1)
  }

  @Test(arguments: 0..<8)
  func floatsBecomeIntegersToNearestEven(_ b: Int) throws {
    func to<U: FixedWidthInteger & BitwiseCopyable>(_ target: U.Type) throws {
      let values: [Double] = [
        0, 0.5, 1.5, 2.5, -0.5, -1.5, 126.4, 1e30, -1e30, .infinity, -.infinity, .nan, 0.2,
        Double(U.max), Double(U.min),
      ]
      let (bytes, loss) = try #require(convert(values, .f64, Self.integers[b].0))
      let wanted = values.map { value -> U in
        if value.isNaN { return 0 }
        let rounded = value.rounded(.toNearestOrEven)
        return U(exactly: rounded) ?? (rounded < 0 ? .min : .max)
      }
      #expect(load(bytes, as: U.self) == wanted)
      #expect(loss.nan == 1)
      #expect(
        loss.outOfRange
          == values.count {
            !$0.isNaN && U(exactly: $0.rounded(.toNearestOrEven)) == nil
          })
      #expect(loss.underflow == 3)
    }
    try to(Self.integers[b].1)
  }

  @Test func booleansAreNotZero() throws {
    let values: [Float] = [0, -0.0, 1, 2, .nan, 0.1]
    let (bytes, loss) = try #require(convert(values, .f32, .bool))
    #expect(bytes == [0, 0, 1, 1, 1, 1])
    #expect(loss.description == "2 rounded, 1 NaN without a place")
    // A byte that is neither 0 nor 1 is true.
    #expect(try #require(convert([0, 1, 7] as [UInt8], .bool, .i16)).bytes == [0, 0, 1, 0, 1, 0])
  }

  @Test func complexNumbersLoseTheirImaginaryParts() throws {
    let values: [Float] = [1, 0, 2, 3, 0, -1, 0, -0.0]
    let real = try #require(convert(values, .c64, .f32, count: 4))
    #expect(load(real.bytes, as: Float.self) == [1, 2, 0, 0])
    #expect(real.loss.imaginary == 2)
    let wide = try #require(convert(values, .c64, .c128, count: 4))
    #expect(load(wide.bytes, as: Double.self) == values.map { Double($0) })
    let back = try #require(convert([1, 2] as [Int32], .i32, .c128))
    #expect(load(back.bytes, as: Double.self) == [1, 0, 2, 0])
    #expect(try #require(convert(values, .c64, .bool, count: 4)).bytes == [1, 1, 1, 0])
    #expect(try #require(convert(values, .c64, .i8, count: 4)).bytes == [1, 2, 0, 0])
  }

  @Test func mayLoseSaysWhatCanHappen() {
    let exact: [(DType, DType)] = [
      (.f16, .f32), (.bf16, .f32), (.f32, .f64), (.u8, .f16), (.i8, .bf16), (.bool, .f4),
      (.i32, .f64), (.f8e5m2, .f16), (.f8e4m3, .f16), (.f64, .c128), (.u8, .i16), (.u32, .i64),
      (.f4, .f8e4m3), (.f8e4m3fnuz, .f16), (.i16, .f32),
    ]
    for (from, to) in exact {
      #expect(!Conversion.mayLose(from: from, to: to), "\(from) \(to)")
    }
    let lossy: [(DType, DType)] = [
      (.f32, .f16), (.f32, .bf16), (.f16, .bf16), (.bf16, .f16), (.i64, .f64), (.u8, .i8),
      (.i8, .u8), (.c64, .f32), (.f32, .i32), (.f8e5m2, .f8e4m3), (.u16, .f16), (.f16, .f8e8m0),
      (.u64, .i64), (.u8, .bool), (.f8e5m2, .f8e5m2fnuz),
    ]
    for (from, to) in lossy { #expect(Conversion.mayLose(from: from, to: to), "\(from) \(to)") }
  }

  @Test func whatDoesNotConvertIsRefused() {
    for type in [DType.q40, .string, .qi8, .f6e2m3, .mxfp4] {
      #expect(!Conversion.exists(from: type, to: .f32) && !Conversion.exists(from: .f32, to: type))
      #expect(Conversion.exists(from: type, to: type))
      #expect(convert([UInt8](repeating: 0, count: 64), type, .f32, count: 1) == nil)
    }
    // Too little room is refused, too.
    var small = [UInt8](repeating: 0, count: 4)
    let lost = [Float(1), 2].withUnsafeBytes { source in
      small.withUnsafeMutableBytes { Conversion.convert(source, .f32, to: $0, .f64, count: 2) }
    }
    #expect(lost == nil)
  }
}
