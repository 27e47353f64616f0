import EspalierTree

/// The element that stands for chunks that are not stored.
enum ZarrFill {
  /// Little-endian; nil where the type cannot hold the value, or how is not known.
  static func bytes(_ value: JSONValue?, _ dtype: DType) -> [UInt8]? {
    let zero = [UInt8](repeating: 0, count: dtype.bytesPerBlock)
    guard let value, !value.isNull else { return zero }
    if value.bool == false || value.double == 0 { return zero }
    if let bits = bits(value, dtype) { return bits }
    switch (dtype, number(value)) {
    case (.bool, _): return value.bool == true ? [1] : nil
    case (.f32, let number?): return bytes(Float(number).bitPattern)
    case (.f64, let number?): return bytes(number.bitPattern)
    default:
      guard dtype.kind == .integer, let whole = value.number?.int64 else { return nil }
      let all = bytes(whole)
      return Array(all.prefix(dtype.bytesPerBlock))
    }
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value.string {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: value.double
    }
  }

  /// A number given by its bits, as version 3 has it.
  private static func bits(_ value: JSONValue, _ dtype: DType) -> [UInt8]? {
    guard let text = value.string, text.hasPrefix("0x"), dtype.kind == .float,
      text.utf8.count == 2 + 2 * dtype.bytesPerBlock,
      let bits = UInt64(text.dropFirst(2), radix: 16)
    else { return nil }
    return Array(bytes(bits).prefix(dtype.bytesPerBlock))
  }

  private static func bytes<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
