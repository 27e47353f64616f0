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
    case .f8e8m0: return .float(1, bottom: -127, top: 128, signed: false, infinity: false)
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
  var negativeZero = false
  var complex = false
  /// Whether every value of `precision` bits below 2^top is there.
  var full = true

  static func float(
    _ precision: Int, bottom: Int, top: Int, signed: Bool = true, infinity: Bool = true,
    nan: Bool = true, negativeZero: Bool = true, complex: Bool = false, full: Bool = true
  ) -> ValueRange {
    ValueRange(
      precision: precision, bottom: bottom, top: top, signed: signed, infinity: infinity,
      nan: nan, negativeZero: negativeZero && signed, complex: complex, full: full)
  }

  func holds(_ other: ValueRange) -> Bool {
    // -2^top of a two's complement type needs one more power of two, which floats have.
    precision >= other.precision && bottom <= other.bottom
      && (top > other.top || (top == other.top && full))
      && (signed || !other.signed) && (infinity || !other.infinity) && (nan || !other.nan)
      && (negativeZero || !other.negativeZero) && (complex || !other.complex)
  }
}
