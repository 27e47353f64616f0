import CKernels
import EspalierTree

/// Which element types convert into which.
public enum Conversion {
  /// Whether values of one type can be made values of another: numbers and Booleans can;
  /// block-quantised types, packed types without a common layout, and strings cannot.
  public static func exists(from: DType, to: DType) -> Bool {
    from == to || (from.isConvertible && to.isConvertible)
  }

  /// Whether some value of `from` has no equal in `to`.
  public static func mayLose(from: DType, to: DType) -> Bool {
    if from == to { return false }
    guard let a = from.range, let b = to.range else { return true }
    return !b.holds(a)
  }

  /// Converts elements between buffers of canonical values.
  ///
  /// Floats are rounded to nearest, ties to even, and so are integers made from floats; integers
  /// beyond the target's ends become the end; Booleans are "not zero"; complex numbers lose their
  /// imaginary parts.
  ///
  /// - Returns: what was lost, or nil when the types do not convert or the buffers do not hold
  ///   `count` elements.
  public static func convert(
    _ source: UnsafeRawBufferPointer, _ from: DType, to target: UnsafeMutableRawBufferPointer,
    _ to: DType, count: Int
  ) -> ConversionLoss? {
    guard let a = from.kernelType, let b = to.kernelType,
      let bytes = from.byteCount(elements: count), bytes <= source.count,
      let room = to.byteCount(elements: count), room <= target.count
    else { return nil }
    guard count > 0, let s = source.baseAddress, let d = target.baseAddress else {
      return ConversionLoss()
    }
    var counts = ck_losses()
    guard ck_convert(Int32(a.rawValue), Int32(b.rawValue), s, d, count, &counts) != 0 else {
      return nil
    }
    return ConversionLoss(counts)
  }
}

extension ConversionLoss {
  fileprivate init(_ counts: ck_losses) {
    overflow = Int(clamping: counts.overflow)
    underflow = Int(clamping: counts.underflow)
    rounded = Int(clamping: counts.rounded)
    nan = Int(clamping: counts.nan)
    outOfRange = Int(clamping: counts.out_of_range)
    imaginary = Int(clamping: counts.imaginary)
  }
}

extension DType {
  /// The kernels' number of a convertible type.
  fileprivate var kernelType: ck_type? {
    switch self {
    case .bool: return CK_BOOL
    case .u8: return CK_U8
    case .i8: return CK_I8
    case .u16: return CK_U16
    case .i16: return CK_I16
    case .u32: return CK_U32
    case .i32: return CK_I32
    case .u64: return CK_U64
    case .i64: return CK_I64
    case .f16: return CK_F16
    case .bf16: return CK_BF16
    case .f32: return CK_F32
    case .f64: return CK_F64
    case .f8e4m3: return CK_F8E4M3
    case .f8e5m2: return CK_F8E5M2
    case .f8e8m0: return CK_F8E8M0
    case .f8e4m3fnuz: return CK_F8E4M3FNUZ
    case .f8e5m2fnuz: return CK_F8E5M2FNUZ
    case .f4: return CK_F4
    case .c64: return CK_C64
    case .c128: return CK_C128
    default: return nil
    }
  }
}

extension DType {
  var isConvertible: Bool { range != nil }

  /// What values a convertible type has.
  fileprivate var range: ValueRange? {
    switch self {
    case .bool: return ValueRange(precision: 1, top: 1, signed: false)
    case .u8: return ValueRange(precision: 8, top: 8, signed: false)
    case .u16: return ValueRange(precision: 16, top: 16, signed: false)
    case .u32: return ValueRange(precision: 32, top: 32, signed: false)
    case .u64: return ValueRange(precision: 64, top: 64, signed: false)
    case .i8: return ValueRange(precision: 7, top: 7)
    case .i16: return ValueRange(precision: 15, top: 15)
    case .i32: return ValueRange(precision: 31, top: 31)
    case .i64: return ValueRange(precision: 63, top: 63)
    case .f16: return .float(11, bottom: -24, top: 16)
    case .bf16: return .float(8, bottom: -133, top: 128)
    case .f32: return .float(24, bottom: -149, top: 128)
    case .f64: return .float(53, bottom: -1074, top: 1024)
    case .c64: return .float(24, bottom: -149, top: 128, complex: true)
    case .c128: return .float(53, bottom: -1074, top: 1024, complex: true)
    case .f8e4m3: return .float(4, bottom: -9, top: 9, infinity: false, full: false)
    case .f8e5m2: return .float(3, bottom: -16, top: 16)
    case .f8e4m3fnuz:
      return .float(4, bottom: -10, top: 8, infinity: false, negativeZero: false)
    case .f8e5m2fnuz:
      return .float(3, bottom: -17, top: 16, infinity: false, negativeZero: false)
    case .f8e8m0:
      return .float(1, bottom: -127, top: 128, signed: false, infinity: false, zero: false)
    case .f4: return .float(2, bottom: -1, top: 3, infinity: false, nan: false)
    default: return nil
    }
  }
}

/// The values of a number type: `precision` significant bits, down to 2^bottom, below 2^top.
private struct ValueRange {
  var precision: Int
  var bottom = 0
  var top: Int
  var signed = true
  var infinity = false
  var nan = false
  var zero = true
  var negativeZero = false
  var complex = false
  /// Whether every value of `precision` bits below 2^top is there.
  var full = true

  static func float(
    _ precision: Int, bottom: Int, top: Int, signed: Bool = true, infinity: Bool = true,
    nan: Bool = true, zero: Bool = true, negativeZero: Bool = true, complex: Bool = false,
    full: Bool = true
  ) -> ValueRange {
    ValueRange(
      precision: precision, bottom: bottom, top: top, signed: signed, infinity: infinity,
      nan: nan, zero: zero, negativeZero: negativeZero && signed, complex: complex, full: full)
  }

  func holds(_ other: ValueRange) -> Bool {
    // -2^top of a two's complement type needs one more power of two, which floats have.
    precision >= other.precision && bottom <= other.bottom
      && (top > other.top || (top == other.top && full))
      && (signed || !other.signed) && (infinity || !other.infinity) && (nan || !other.nan)
      && (zero || !other.zero) && (negativeZero || !other.negativeZero)
      && (complex || !other.complex)
  }
}
