import EspalierTree

/// The element types that safetensors knows.
enum SafetensorsDType {
  /// In the reference library's order, narrow types first: it decides where values are written.
  static let all: [DType] = [
    .bool, .f4, .f6e2m3, .f6e3m2, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz,
    .i16, .u16, .f16, .bf16, .i32, .u32, .f32, .c64, .f64, .i64, .u64,
  ]

  static func supports(_ dtype: DType) -> Bool { all.contains(dtype) }

  /// Bits of one element. Arrays of types below a byte have to fill whole bytes.
  static func bits(_ dtype: DType) -> Int { dtype.bytesPerBlock * 8 / dtype.elementsPerBlock }

  static func find(_ name: UnsafeRawBufferPointer) -> DType? {
    all.first { name.elementsEqual($0.name.utf8) }
  }
}
