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

  /// Recognises a name of at most eight bytes by the number that its bytes make.
  struct Lookup {
    private let words: [UInt64]
    private let rows: [(dtype: DType, bits: Int)]
    private let long: [[UInt8]: (dtype: DType, bits: Int)]

    init() {
      var words: [UInt64] = []
      var rows: [(dtype: DType, bits: Int)] = []
      var long: [[UInt8]: (dtype: DType, bits: Int)] = [:]
      for dtype in SafetensorsDType.common + all {
        let name = Array(dtype.name.utf8)
        let row = (dtype, SafetensorsDType.bits(dtype))
        if name.count <= 8 {
          words.append(Self.word(name))
          rows.append(row)
        } else {
          long[name] = row
        }
      }
      (self.words, self.rows, self.long) = (words, rows, long)
    }

    func find(_ name: UnsafeRawBufferPointer) -> (dtype: DType, bits: Int)? {
      guard name.count <= 8 else { return long[Array(name)] }
      let wanted = Self.word(name)
      return words.firstIndex(of: wanted).map { rows[$0] }
    }

    private static func word(_ name: some Sequence<UInt8>) -> UInt64 {
      name.reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  /// First in the list of names that are looked through.
  private static let common: [DType] = [.f32, .bf16, .f16, .i64]
}
