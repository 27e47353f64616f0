/// The type of an array's elements.
///
/// Most types have one element per block. Types smaller than a byte and block-quantised types
/// (GGUF) store `elementsPerBlock` elements in `bytesPerBlock` bytes.
public enum DType: UInt8, Sendable, Hashable, CaseIterable {
  /// One byte, 0 for false.
  case bool
  /// 8-bit unsigned integers.
  case u8
  /// 8-bit signed integers.
  case i8
  /// 16-bit unsigned integers.
  case u16
  /// 16-bit signed integers.
  case i16
  /// 32-bit unsigned integers.
  case u32
  /// 32-bit signed integers.
  case i32
  /// 64-bit unsigned integers.
  case u64
  /// 64-bit signed integers.
  case i64
  /// IEEE 754 half precision.
  case f16
  /// The upper half of an `f32`: 8 bits of exponent, 7 of fraction.
  case bf16
  /// IEEE 754 single precision.
  case f32
  /// IEEE 754 double precision.
  case f64
  /// 4 bits of exponent, 3 of fraction; no infinity.
  case f8e4m3
  /// 5 bits of exponent, 2 of fraction.
  case f8e5m2
  /// Powers of two without sign: the scales of microscaling formats.
  case f8e8m0
  /// As `f8e4m3` with another bias, one zero and one NaN.
  case f8e4m3fnuz
  /// As `f8e5m2` with another bias, one zero and one NaN.
  case f8e5m2fnuz
  /// 2 bits of exponent, 1 of fraction; two elements in a byte.
  case f4
  /// 2 bits of exponent, 3 of fraction; four elements in three bytes.
  case f6e2m3
  /// 3 bits of exponent, 2 of fraction; four elements in three bytes.
  case f6e3m2
  /// Complex numbers of two `f32`.
  case c64
  /// Complex numbers of two `f64`.
  case c128
  /// PyTorch's `qint8`: signed bytes with a scale beside them.
  case qi8
  /// PyTorch's `quint8`: unsigned bytes with a scale beside them.
  case qu8
  /// PyTorch's `qint32`.
  case qi32
  /// Text of any length; described, not read.
  case string
  /// GGUF `Q4_0`: blocks of 32 elements of 4 bits with a scale.
  case q40
  /// GGUF `Q4_1`: blocks of 32 elements of 4 bits with a scale and an offset.
  case q41
  /// GGUF `Q5_0`: blocks of 32 elements of 5 bits with a scale.
  case q50
  /// GGUF `Q5_1`: blocks of 32 elements of 5 bits with a scale and an offset.
  case q51
  /// GGUF `Q8_0`: blocks of 32 elements of 8 bits with a scale.
  case q80
  /// GGUF `Q8_1`: blocks of 32 elements of 8 bits with a scale and a sum.
  case q81
  /// GGUF `Q2_K`: blocks of 256 elements of 2 bits.
  case q2K
  /// GGUF `Q3_K`: blocks of 256 elements of 3 bits.
  case q3K
  /// GGUF `Q4_K`: blocks of 256 elements of 4 bits.
  case q4K
  /// GGUF `Q5_K`: blocks of 256 elements of 5 bits.
  case q5K
  /// GGUF `Q6_K`: blocks of 256 elements of 6 bits.
  case q6K
  /// GGUF `Q8_K`: blocks of 256 elements of 8 bits.
  case q8K
  /// GGUF `IQ2_XXS`: blocks of 256 elements that index a table.
  case iq2xxs
  /// GGUF `IQ2_XS`: blocks of 256 elements that index a table.
  case iq2xs
  /// GGUF `IQ3_XXS`: blocks of 256 elements that index a table.
  case iq3xxs
  /// GGUF `IQ1_S`: blocks of 256 elements that index a table.
  case iq1s
  /// GGUF `IQ4_NL`: blocks of 32 elements that index a table.
  case iq4nl
  /// GGUF `IQ3_S`: blocks of 256 elements that index a table.
  case iq3s
  /// GGUF `IQ2_S`: blocks of 256 elements that index a table.
  case iq2s
  /// GGUF `IQ4_XS`: blocks of 256 elements that index a table.
  case iq4xs
  /// GGUF `IQ1_M`: blocks of 256 elements that index a table.
  case iq1m
  /// GGUF `TQ1_0`: blocks of 256 elements of three values.
  case tq10
  /// GGUF `TQ2_0`: blocks of 256 elements of three values, 2 bits each.
  case tq20
  /// GGUF `MXFP4`: blocks of 32 `f4` with one `f8e8m0` scale.
  case mxfp4
  /// Signed integers of 4 bits, two in a byte.
  case i4
  /// Unsigned integers of 4 bits, two in a byte.
  case u4

  /// The name in safetensors' spelling; block-quantised types by their own.
  public var name: String { Self.table[Int(rawValue)].name }
  /// Elements that one block holds; 1 for most types.
  public var elementsPerBlock: Int { Self.table[Int(rawValue)].elements }
  /// Bytes of one block.
  public var bytesPerBlock: Int { Self.table[Int(rawValue)].bytes }
  /// What the elements are.
  public var kind: Kind { Self.table[Int(rawValue)].kind }

  /// What the elements of an array are.
  public enum Kind: UInt8, Sendable {
    /// True and false.
    case bool
    /// Whole numbers.
    case integer
    /// Floating-point numbers.
    case float
    /// Pairs of floating-point numbers.
    case complex
    /// Numbers that mean something with a scale only.
    case quantised
    /// Text.
    case text
  }

  /// Whether each element has bytes of its own, so that arrays can be strided and converted.
  public var isWholeBytes: Bool { elementsPerBlock == 1 && self != .string }

  /// The type with this ``name``, nil when there is none.
  public init?(name: String) {
    guard let found = Self.byName[name] else { return nil }
    self = found
  }

  /// The bytes that `count` elements take, or nil when that overflows or ends inside a block.
  public func byteCount(elements count: Int) -> Int? {
    guard count >= 0, count % elementsPerBlock == 0 else { return nil }
    let (bytes, overflow) = (count / elementsPerBlock).multipliedReportingOverflow(
      by: bytesPerBlock)
    return overflow ? nil : bytes
  }

  private typealias Row = (type: DType, name: String, elements: Int, bytes: Int, kind: Kind)

  // In the order of the cases; a test holds the two together.
  private static let table: [Row] = [
    (.bool, "BOOL", 1, 1, .bool), (.u8, "U8", 1, 1, .integer), (.i8, "I8", 1, 1, .integer),
    (.u16, "U16", 1, 2, .integer), (.i16, "I16", 1, 2, .integer), (.u32, "U32", 1, 4, .integer),
    (.i32, "I32", 1, 4, .integer), (.u64, "U64", 1, 8, .integer), (.i64, "I64", 1, 8, .integer),
    (.f16, "F16", 1, 2, .float), (.bf16, "BF16", 1, 2, .float), (.f32, "F32", 1, 4, .float),
    (.f64, "F64", 1, 8, .float), (.f8e4m3, "F8_E4M3", 1, 1, .float),
    (.f8e5m2, "F8_E5M2", 1, 1, .float), (.f8e8m0, "F8_E8M0", 1, 1, .float),
    (.f8e4m3fnuz, "F8_E4M3FNUZ", 1, 1, .float), (.f8e5m2fnuz, "F8_E5M2FNUZ", 1, 1, .float),
    (.f4, "F4", 2, 1, .float), (.f6e2m3, "F6_E2M3", 4, 3, .float),
    (.f6e3m2, "F6_E3M2", 4, 3, .float), (.c64, "C64", 1, 8, .complex),
    (.c128, "C128", 1, 16, .complex), (.qi8, "QI8", 1, 1, .quantised),
    (.qu8, "QU8", 1, 1, .quantised), (.qi32, "QI32", 1, 4, .quantised),
    (.string, "STR", 1, 1, .text), (.q40, "Q4_0", 32, 18, .quantised),
    (.q41, "Q4_1", 32, 20, .quantised), (.q50, "Q5_0", 32, 22, .quantised),
    (.q51, "Q5_1", 32, 24, .quantised), (.q80, "Q8_0", 32, 34, .quantised),
    (.q81, "Q8_1", 32, 36, .quantised), (.q2K, "Q2_K", 256, 84, .quantised),
    (.q3K, "Q3_K", 256, 110, .quantised), (.q4K, "Q4_K", 256, 144, .quantised),
    (.q5K, "Q5_K", 256, 176, .quantised), (.q6K, "Q6_K", 256, 210, .quantised),
    (.q8K, "Q8_K", 256, 292, .quantised), (.iq2xxs, "IQ2_XXS", 256, 66, .quantised),
    (.iq2xs, "IQ2_XS", 256, 74, .quantised), (.iq3xxs, "IQ3_XXS", 256, 98, .quantised),
    (.iq1s, "IQ1_S", 256, 50, .quantised), (.iq4nl, "IQ4_NL", 32, 18, .quantised),
    (.iq3s, "IQ3_S", 256, 110, .quantised), (.iq2s, "IQ2_S", 256, 82, .quantised),
    (.iq4xs, "IQ4_XS", 256, 136, .quantised), (.iq1m, "IQ1_M", 256, 56, .quantised),
    (.tq10, "TQ1_0", 256, 54, .quantised), (.tq20, "TQ2_0", 256, 66, .quantised),
    (.mxfp4, "MXFP4", 32, 17, .quantised), (.i4, "I4", 2, 1, .integer),
    (.u4, "U4", 2, 1, .integer),
  ]
  private static let byName = Dictionary(
    uniqueKeysWithValues: table.map { ($0.name, $0.type) })
}

extension DType: CustomStringConvertible {
  public var description: String { name }
}
