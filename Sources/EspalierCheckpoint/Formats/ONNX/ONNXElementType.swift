import EspalierTree

/// `TensorProto.DataType`: the code of an element type, and in which field its values are when they
/// are not in `raw_data`.
struct ONNXElementType {
  let code: Int64

  init(code: Int64) { self.code = code }

  var dtype: DType? { Self.table[code]?.dtype }
  /// As ONNX spells it.
  var name: String { Self.table[code]?.name ?? "type \(code)" }

  /// How a field with typed values holds one item.
  struct Coding {
    /// Whether items lie in the file as they lie in memory.
    var isFixed: Bool
    /// Bytes of an item in memory: an element, a part of a complex one, or a pair of 4 bits.
    var itemSize: Int
    /// What a variable-length number may be.
    var limits: ClosedRange<Int64>?
  }

  /// Nil where the type's values cannot be in this field.
  func coding(field: Int) -> Coding? {
    guard let row = Self.table[code], row.field == field, let dtype = row.dtype else { return nil }
    switch field {
    case 4: return Coding(isFixed: true, itemSize: 4)
    case 10: return Coding(isFixed: true, itemSize: 8)
    default:
      return Coding(isFixed: false, itemSize: dtype.bytesPerBlock, limits: Self.limits(dtype))
    }
  }

  private static func limits(_ dtype: DType) -> ClosedRange<Int64>? {
    let bits = Int64(dtype.bytesPerBlock * 8)
    switch dtype {
    case .bool: return 0...1
    case .i8, .i16, .i32: return -(1 << (bits - 1))...(1 << (bits - 1)) - 1
    case .i64, .u64: return nil
    default: return 0...(1 << bits) - 1
    }
  }

  private typealias Row = (name: String, dtype: DType?, field: Int)

  private static let table: [Int64: Row] = [
    0: ("UNDEFINED", nil, 0), 1: ("FLOAT", .f32, 4), 2: ("UINT8", .u8, 5), 3: ("INT8", .i8, 5),
    4: ("UINT16", .u16, 5), 5: ("INT16", .i16, 5), 6: ("INT32", .i32, 5), 7: ("INT64", .i64, 7),
    8: ("STRING", nil, 6), 9: ("BOOL", .bool, 5), 10: ("FLOAT16", .f16, 5),
    11: ("DOUBLE", .f64, 10), 12: ("UINT32", .u32, 11), 13: ("UINT64", .u64, 11),
    14: ("COMPLEX64", .c64, 4), 15: ("COMPLEX128", .c128, 10), 16: ("BFLOAT16", .bf16, 5),
    17: ("FLOAT8E4M3FN", .f8e4m3, 5), 18: ("FLOAT8E4M3FNUZ", .f8e4m3fnuz, 5),
    19: ("FLOAT8E5M2", .f8e5m2, 5), 20: ("FLOAT8E5M2FNUZ", .f8e5m2fnuz, 5),
    21: ("UINT4", .u4, 5), 22: ("INT4", .i4, 5), 23: ("FLOAT4E2M1", .f4, 5),
    24: ("FLOAT8E8M0", .f8e8m0, 5), 25: ("UINT2", nil, 5), 26: ("INT2", nil, 5),
  ]
}
