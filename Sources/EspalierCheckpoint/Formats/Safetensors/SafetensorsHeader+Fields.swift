import EspalierTree

/// The fields of one entry: type, shape, and where the bytes lie.
extension SafetensorsHeader {
  /// The fields of the entry at hand.
  struct Entry {
    var dtype = DType.u8
    var bits = 0
    var elements = 0
    var begin = 0
    var end = 0
    /// Bits of ``HeaderScanner/Field``.
    var seen: UInt8 = 0

    /// Lets the offsets count from the start of the region; false where they are not the size of
    /// the array. Where they lie among the others is checked when all are known.
    @inline(__always)
    mutating func place(from dataStart: Int) -> Bool {
      let (bits, overflow) = elements.multipliedReportingOverflow(by: bits)
      guard !overflow, bits & 7 == 0, end >= begin, end - begin == bits >> 3,
        end <= Int.max - dataStart
      else { return false }
      begin += dataStart
      end += dataStart
      return true
    }
  }

  @inline(__always)
  mutating func readFields(
    of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws -> Entry {
    var entry = Entry()
    try scanner.take(UInt8(ascii: "{"))
    if !scanner.takes(UInt8(ascii: "}")) {
      repeat { try readField(&entry, of: name, &scanner) } while scanner.takes(UInt8(ascii: ","))
      try scanner.take(UInt8(ascii: "}"))
    }
    return entry
  }

  private mutating func readField(
    _ entry: inout Entry, of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws {
    let start = scanner.position
    let field = try scanner.field()
    switch field {
    case .dtype: (entry.dtype, entry.bits) = try readDType(of: name, &scanner)
    case .shape: entry.elements = try readShape(of: name, &scanner)
    case .offsets:
      try scanner.take(UInt8(ascii: "["))
      entry.begin = try scanner.unsigned("data_offsets")
      try scanner.take(UInt8(ascii: ","))
      entry.end = try scanner.unsigned("data_offsets")
      try scanner.take(UInt8(ascii: "]"))
    case .other:
      // The reference library passes over fields that it does not know.
      _ = try scanner.document("field")
      return
    }
    guard entry.seen & field.rawValue == 0 else {
      throw tensorError(
        .duplicateName, at: start, name, scanner, found: "a field a second time",
        expected: "every field once")
    }
    entry.seen |= field.rawValue
  }

  private mutating func readDType(
    of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws -> (DType, Int) {
    let start = scanner.position
    if let word = scanner.shortString() {
      if word == lastDType.word { return (lastDType.dtype, lastDType.bits) }
      scanner.move(to: start)
    }
    let text = try scanner.string()
    let found =
      text.isEscaped
      ? scanner.unescaped(text).withUnsafeBytes { SafetensorsDType.find($0) }
      : SafetensorsDType.find(scanner.bytes(text))
    guard let found else {
      throw tensorError(
        .unsupported, at: start, name, scanner,
        found: "the element type “\(visibleText(scanner.bytes(text)))”",
        expected: "one of \(SafetensorsDType.all.map(\.name).joined(separator: ", "))")
    }
    let bits = SafetensorsDType.bits(found)
    let end = scanner.position
    scanner.move(to: start)
    if let word = scanner.shortString(), scanner.position == end {
      lastDType = (word, found, bits)
    }
    scanner.move(to: end)
    return (found, bits)
  }

  /// Reads the shape into `dimensions`; its number of elements.
  private mutating func readShape(
    of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws -> Int {
    rank = 0
    let start = scanner.position
    try scanner.take(UInt8(ascii: "["))
    if scanner.takes(UInt8(ascii: "]")) { return 1 }
    var count = 1
    var overflows = false
    repeat {
      let dimension = try scanner.unsigned("shape")
      if rank < dimensions.count {
        dimensions[rank] = dimension
      } else {
        dimensions.append(dimension)
      }
      rank += 1
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      count = product
      overflows = overflows || overflow
    } while scanner.takes(UInt8(ascii: ","))
    try scanner.take(UInt8(ascii: "]"))
    if overflows {
      guard shape.dimensions.contains(0) else {
        throw tensorError(
          .badValue, at: start, name, scanner, found: "the shape \(shape)",
          expected: "fewer than 2^63 elements")
      }
      return 0
    }
    return count
  }

  var shape: Shape { Shape(dimensions[..<rank]) }
}
