import EspalierTree

/// Element types by the names that PyTorch has for them.
enum TorchDType {
  static func named(_ name: [UInt8]) -> DType? { names[String(decoding: name, as: UTF8.self)] }

  static func storage(_ name: [UInt8]) -> DType? {
    storages[String(decoding: name, as: UTF8.self)]
  }

  private static let names: [String: DType] = [
    "float64": .f64, "double": .f64, "float32": .f32, "float": .f32, "float16": .f16, "half": .f16,
    "bfloat16": .bf16, "int64": .i64, "long": .i64, "int32": .i32, "int": .i32, "int16": .i16,
    "short": .i16, "int8": .i8, "uint8": .u8, "uint16": .u16, "uint32": .u32, "uint64": .u64,
    "bool": .bool, "complex64": .c64, "cfloat": .c64, "complex128": .c128, "cdouble": .c128,
    "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2, "float8_e4m3fnuz": .f8e4m3fnuz,
    "float8_e5m2fnuz": .f8e5m2fnuz, "float8_e8m0fnu": .f8e8m0, "qint8": .qi8, "quint8": .qu8,
    "qint32": .qi32,
  ]

  private static let storages: [String: DType] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool, "ComplexFloatStorage": .c64,
    "ComplexDoubleStorage": .c128, "QInt8Storage": .qi8, "QUInt8Storage": .qu8,
    "QInt32Storage": .qi32, "Float8_e4m3fnStorage": .f8e4m3, "Float8_e5m2Storage": .f8e5m2,
  ]
}
