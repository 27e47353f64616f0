import EspalierTree

extension LeafValue {
  /// A single element as a value; nil where the type has none (complex and quantised types).
  ///
  /// - Parameter bytes: of the element, the least significant first.
  init?(_ dtype: DType, littleEndian bytes: [UInt8]) {
    let raw = bytes.prefix(8).enumerated().reduce(UInt64(0)) {
      $0 | UInt64($1.element) << UInt64(8 * $1.offset)
    }
    switch dtype {
    case .bool: self = .bool(raw != 0)
    case .u8, .u16, .u32: self = .integer(Int64(raw))
    case .u64: self = Int64(exactly: raw).map { .integer($0) } ?? .unsigned(raw)
    case .i8: self = .integer(Int64(Int8(truncatingIfNeeded: raw)))
    case .i16: self = .integer(Int64(Int16(truncatingIfNeeded: raw)))
    case .i32: self = .integer(Int64(Int32(truncatingIfNeeded: raw)))
    case .i64: self = .integer(Int64(bitPattern: raw))
    case .f16: self = .float(Double(halfToFloat(UInt16(truncatingIfNeeded: raw))))
    case .bf16: self = .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: raw) << 16)))
    case .f32: self = .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: raw))))
    case .f64: self = .float(Double(bitPattern: raw))
    default: return nil
    }
  }
}

/// A 16-bit float in the format of IEEE 754.
private func halfToFloat(_ half: UInt16) -> Float {
  let exponent = Int(half >> 10 & 31)
  let fraction = Float(half & 1023)
  let magnitude: Float =
    switch exponent {
    case 0: fraction * 0x1p-24
    case 31: fraction == 0 ? .infinity : .nan
    default: Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
    }
  return half & 0x8000 != 0 ? -magnitude : magnitude
}
