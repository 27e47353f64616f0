import EspalierTree

/// Values in a typed field that are not one run of bytes as they lie in memory: variable-length
/// numbers, or floating-point numbers one by one. They are decoded as they are read.
struct ONNXNumbers: Sendable {
  let region: ByteRegion
  /// Of the tensor's message.
  let tensor: Range<Int>
  let field: Int
  let coding: ONNXElementType.Coding
  let byteCount: Int

  init(
    _ region: ByteRegion, _ tensor: Range<Int>, _ field: Int, _ coding: ONNXElementType.Coding,
    byteCount: Int
  ) {
    self.region = region
    self.tensor = tensor
    self.field = field
    self.coding = coding
    self.byteCount = byteCount
  }

  func reader() throws(CheckpointError) -> ONNXNumberReader { try ONNXNumberReader(self) }
}

struct ONNXNumberReader: TensorReader {
  private let numbers: ONNXNumbers
  private var reader: ProtobufReader
  /// Whether the innermost open message is a run of packed numbers.
  private var isInRun = false
  private var left: Int
  private var isChecked = false

  init(_ numbers: ONNXNumbers) throws(CheckpointError) {
    self.numbers = numbers
    reader = ProtobufReader(numbers.region, windowSize: 1 << 14)
    try reader.visit(numbers.tensor, "tensor")
    left = numbers.byteCount
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let size = numbers.coding.itemSize
    var done = 0
    while left >= size, done + size <= buffer.count {
      guard let item = try next() else { throw wrongCount("too few values") }
      for byte in 0..<size {
        buffer[done + byte] = UInt8(truncatingIfNeeded: item >> UInt64(8 * byte))
      }
      done += size
      left -= size
    }
    if left == 0, !isChecked {
      isChecked = true
      if try next() != nil { throw wrongCount("more values") }
    }
    return done
  }

  private mutating func next() throws(CheckpointError) -> UInt64? {
    while true {
      if isInRun {
        if reader.remaining > 0 { return try packed() }
        reader.leave()
        isInRun = false
      }
      guard let field = try reader.next() else { return nil }
      guard field.number == numbers.field else { continue }
      switch field.value {
      case .varint(let item):
        guard !numbers.coding.isFixed else { throw wrongCount("variable-length numbers") }
        return try checked(item, at: field.offset)
      case .fixed32(let item): return try fixed(UInt64(item), 4)
      case .fixed64(let item): return try fixed(item, 8)
      case .bytes:
        try reader.enter(field, "values")
        isInRun = true
      }
    }
  }

  private mutating func packed() throws(CheckpointError) -> UInt64 {
    let offset = reader.position
    guard numbers.coding.isFixed else {
      return try checked(try reader.varint("values"), at: offset)
    }
    return numbers.coding.itemSize == 4
      ? UInt64(try reader.integer(UInt32.self, "values"))
      : try reader.integer(UInt64.self, "values")
  }

  private func fixed(_ item: UInt64, _ size: Int) throws(CheckpointError) -> UInt64 {
    guard numbers.coding.isFixed, numbers.coding.itemSize == size else {
      throw wrongCount("numbers of \(size) bytes")
    }
    return item
  }

  private func checked(_ item: UInt64, at offset: Int) throws(CheckpointError) -> UInt64 {
    guard let limits = numbers.coding.limits, !limits.contains(Int64(bitPattern: item)) else {
      return item
    }
    throw reader.error(
      .badValue, at: offset, "values", found: "\(Int64(bitPattern: item))",
      "a number from \(limits.lowerBound) to \(limits.upperBound)")
  }

  private func wrongCount(_ found: String) -> CheckpointError {
    reader.error(
      .badValue, at: numbers.tensor.lowerBound, "values", found: found,
      "\(numbers.byteCount / numbers.coding.itemSize) of "
        + (numbers.coding.isFixed ? byteCount(numbers.coding.itemSize) : "variable length"))
  }
}
