import EspalierTree

/// TensorFlow's number for an element type.
struct TensorFlowType: Sendable, Hashable {
  let code: UInt64

  static let string = TensorFlowType(code: 7)

  /// Nil for types that no other format has, and for those that are no numbers.
  var dtype: DType? { Self.table[code]?.dtype }

  /// As TensorFlow calls it.
  var name: String { Self.table[code]?.name ?? "type \(code)" }

  private static let table: [UInt64: (name: String, dtype: DType?)] = [
    1: ("float32", .f32), 2: ("float64", .f64), 3: ("int32", .i32), 4: ("uint8", .u8),
    5: ("int16", .i16), 6: ("int8", .i8), 7: ("string", .string), 8: ("complex64", .c64),
    9: ("int64", .i64), 10: ("bool", .bool), 11: ("qint8", .qi8), 12: ("quint8", .qu8),
    13: ("qint32", .qi32), 14: ("bfloat16", .bf16), 15: ("qint16", nil), 16: ("quint16", nil),
    17: ("uint16", .u16), 18: ("complex128", .c128), 19: ("float16", .f16), 20: ("resource", nil),
    21: ("variant", nil), 22: ("uint32", .u32), 23: ("uint64", .u64), 24: ("float8_e5m2", .f8e5m2),
    25: ("float8_e4m3fn", .f8e4m3), 26: ("float8_e4m3fnuz", .f8e4m3fnuz),
    27: ("float8_e4m3b11fnuz", nil), 28: ("float8_e5m2fnuz", .f8e5m2fnuz), 29: ("int4", nil),
    30: ("uint4", nil), 31: ("int2", nil), 32: ("uint2", nil),
  ]
}
