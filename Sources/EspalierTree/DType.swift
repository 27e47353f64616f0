/// The type of an array's elements.
///
/// Most types have one element per block. Types smaller than a byte and block-quantised types
/// (GGUF) store `elementsPerBlock` elements in `bytesPerBlock` bytes.
public enum DType: UInt8, Sendable, Hashable, CaseIterable {
  case bool, u8, i8, u16, i16, u32, i32, u64, i64
  case f16, bf16, f32, f64
  case f8e4m3, f8e5m2, f8e8m0, f8e4m3fnuz, f8e5m2fnuz
  case f4, f6e2m3, f6e3m2
  case c64, c128
  case qi8, qu8, qi32
  case string
  case q40, q41, q50, q51, q80, q81
  case q2K, q3K, q4K, q5K, q6K, q8K
  case iq2xxs, iq2xs, iq3xxs, iq1s, iq4nl, iq3s, iq2s, iq4xs, iq1m
  case tq10, tq20, mxfp4
  case i4, u4

  /// The name in safetensors' spelling; block-quantised types by their own.
  public var name: String { Self.table[Int(rawValue)].name }
  public var elementsPerBlock: Int { Self.table[Int(rawValue)].elements }
  public var bytesPerBlock: Int { Self.table[Int(rawValue)].bytes }
  public var kind: Kind { Self.table[Int(rawValue)].kind }

  public enum Kind: UInt8, Sendable { case bool, integer, float, complex, quantised, text }

  /// Whether each element has bytes of its own, so that arrays can be strided and converted.
  public var isWholeBytes: Bool { elementsPerBlock == 1 && self != .string }

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
