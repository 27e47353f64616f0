/// The reordering by which arrays compress better.
enum Shuffle {
  /// Puts all first bytes of the elements first, then all second ones, and so on.
  ///
  /// - Parameter unit: bytes of an element.
  static func bytes(_ bytes: [UInt8], unit: Int) -> [UInt8] {
    let count = unit > 0 ? bytes.count / unit : 0
    if unit <= 1 || count < 2 { return bytes }
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { target, initialized in
      for byte in 0..<unit {
        let start = byte * count
        for index in 0..<count { target[start + index] = bytes[index * unit + byte] }
      }
      for index in (count * unit)..<bytes.count { target[index] = bytes[index] }
      initialized = bytes.count
    }
  }

  /// All first bytes of the elements came first, then all second ones, and so on.
  ///
  /// - Parameter unit: bytes of an element.
  static func undoBytes(_ bytes: [UInt8], unit: Int) -> [UInt8] {
    let count = unit > 0 ? bytes.count / unit : 0
    if unit <= 1 || count < 2 { return bytes }
    return [UInt8](unsafeUninitializedCapacity: bytes.count) { target, initialized in
      for byte in 0..<unit {
        var out = byte
        let start = byte * count
        for index in start..<(start + count) {
          target[out] = bytes[index]
          out += unit
        }
      }
      for index in (count * unit)..<bytes.count { target[index] = bytes[index] }
      initialized = bytes.count
    }
  }

  /// All lowest bits of the elements came first. Where their number is no multiple of eight, nothing
  /// was reordered.
  static func undoBits(_ bytes: [UInt8], unit: Int) -> [UInt8] {
    let count = unit > 0 ? bytes.count / unit : 0
    guard count > 0, count % 8 == 0 else { return bytes }
    var result = bytes
    let row = count / 8
    for byte in 0..<unit {
      for element in 0..<count {
        var value: UInt8 = 0
        for bit in 0..<8 {
          let stored = bytes[(byte * 8 + bit) * row + element / 8]
          value |= (stored >> UInt8(element % 8) & 1) << UInt8(bit)
        }
        result[element * unit + byte] = value
      }
    }
    return result
  }
}
