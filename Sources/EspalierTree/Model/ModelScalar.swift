#if _endian(big)
  #error("arrays in memory are taken as little-endian")
#endif

/// A Swift type that can be the element of a model's array.
///
/// A type of the same bits as one of ``DType``'s needs one line:
///
///     extension BFloat16: ModelScalar { static var modelScalarType: DType { .bf16 } }
public protocol ModelScalar {
  /// The element type of arrays of this type.
  static var modelScalarType: DType { get }

  /// The element's value in memory, from `modelScalarType.bytesPerBlock` bytes, little-endian.
  static func modelScalar(from bytes: UnsafeRawPointer) -> Self

  /// Whether the bytes of a value in memory are those of the canonical form, for any bytes.
  static var modelScalarIsBitwise: Bool { get }

  /// Writes the canonical bytes of one element.
  func storeModelScalar(to bytes: UnsafeMutableRawPointer)
}

extension ModelScalar where Self: BitwiseCopyable {
  // A type of another size than its element type's reads and writes no more than an element.
  public static func modelScalar(from bytes: UnsafeRawPointer) -> Self {
    let size = MemoryLayout<Self>.size
    return withUnsafeTemporaryAllocation(byteCount: max(1, size), alignment: 16) { value in
      value.initializeMemory(as: UInt8.self, repeating: 0)
      let count = min(size, modelScalarType.bytesPerBlock)
      value.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: count))
      return UnsafeRawBufferPointer(value).loadUnaligned(as: Self.self)
    }
  }
  public static var modelScalarIsBitwise: Bool {
    MemoryLayout<Self>.size == modelScalarType.bytesPerBlock
      && MemoryLayout<Self>.stride == MemoryLayout<Self>.size
  }
  public func storeModelScalar(to bytes: UnsafeMutableRawPointer) {
    let size = Self.modelScalarType.bytesPerBlock
    withUnsafeBytes(of: self) { value in
      for index in 0..<size {
        let byte = index < value.count ? value[index] : 0
        bytes.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
      }
    }
  }
}

extension Float: ModelScalar { public static var modelScalarType: DType { .f32 } }
extension Double: ModelScalar { public static var modelScalarType: DType { .f64 } }
#if !(os(macOS) && arch(x86_64))
  extension Float16: ModelScalar { public static var modelScalarType: DType { .f16 } }
#endif
extension Int8: ModelScalar { public static var modelScalarType: DType { .i8 } }
extension Int16: ModelScalar { public static var modelScalarType: DType { .i16 } }
extension Int32: ModelScalar { public static var modelScalarType: DType { .i32 } }
extension Int64: ModelScalar { public static var modelScalarType: DType { .i64 } }
extension UInt8: ModelScalar { public static var modelScalarType: DType { .u8 } }
extension UInt16: ModelScalar { public static var modelScalarType: DType { .u16 } }
extension UInt32: ModelScalar { public static var modelScalarType: DType { .u32 } }
extension UInt64: ModelScalar { public static var modelScalarType: DType { .u64 } }
extension Int: ModelScalar {
  public static var modelScalarType: DType { MemoryLayout<Int>.size == 8 ? .i64 : .i32 }
}
extension UInt: ModelScalar {
  public static var modelScalarType: DType { MemoryLayout<UInt>.size == 8 ? .u64 : .u32 }
}

extension Bool: ModelScalar {
  public static var modelScalarType: DType { .bool }
  /// A byte of a file need not be 0 or 1, and a Swift `Bool` of anything else is undefined.
  public static var modelScalarIsBitwise: Bool { false }
  public static func modelScalar(from bytes: UnsafeRawPointer) -> Bool {
    bytes.loadUnaligned(as: UInt8.self) != 0
  }
  public func storeModelScalar(to bytes: UnsafeMutableRawPointer) {
    bytes.storeBytes(of: self ? 1 : 0, as: UInt8.self)
  }
}
