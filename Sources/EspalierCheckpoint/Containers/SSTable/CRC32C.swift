/// CRC-32 with Castagnoli's polynomial, as LevelDB's tables and TensorFlow's data files carry it.
///
/// Fed piece by piece. Zlib has another polynomial only, so this one is computed here, eight bytes
/// at a time.
struct CRC32C {
  private var state: UInt32 = ~0

  init() {}

  var value: UInt32 { ~state }
  /// As it is stored: turned and shifted, so that a sum over data with sums in it stays a good one.
  var masked: UInt32 { ((value >> 15) | (value << 17)) &+ 0xa282_ead8 }

  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum = CRC32C()
    Array(bytes).withUnsafeBytes { sum.update($0) }
    return sum.masked
  }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var state = state
    var at = 0
    Self.tables.withUnsafeBufferPointer { table in
      while at + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
        let x = word ^ UInt64(state)
        var next: UInt32 = 0
        for k in 0..<8 {
          let byte = Int(truncatingIfNeeded: x &>> UInt64(8 &* k)) & 0xff
          next ^= table[(7 &- k) &* 256 &+ byte]
        }
        state = next
        at &+= 8
      }
      while at < bytes.count {
        state = table[Int(UInt8(truncatingIfNeeded: state) ^ bytes[at])] ^ (state >> 8)
        at &+= 1
      }
    }
    self.state = state
  }

  /// Eight tables of 256: what a byte adds when so many others follow it.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = []
    tables.reserveCapacity(8 * 256)
    for byte in UInt32(0)..<256 {
      var sum = byte
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : (sum >> 1) ^ 0x82f6_3b78 }
      tables.append(sum)
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables.append(tables[Int(before & 0xff)] ^ (before >> 8))
    }
    return tables
  }()
}
