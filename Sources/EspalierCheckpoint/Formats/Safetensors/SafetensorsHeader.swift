import EspalierTree

/// Reads the headers of one or several safetensors files into one tree.
///
/// A file is an 8-byte length, a JSON header of that length, and the data:
///
///     {"__metadata__": {"format": "pt"}, "a.weight": {"dtype": "F32", "shape": [2, 3],
///      "data_offsets": [0, 24]}, …}
struct SafetensorsHeader {
  /// As in the reference library.
  static let lengthLimit = 100_000_000

  private var builder = TreeBuilder(order: .natural)
  /// Of each array, in the order of the leaves: where its bytes begin and end in its file.
  private(set) var begins = ContiguousArray<Int>()
  private(set) var ends = ContiguousArray<Int>()
  private(set) var parts: [SafetensorsPart] = []
  private(set) var metadata: [MetadataEntry] = []
  private let dtypes = SafetensorsDType.Lookup()
  private var dimensions = ContiguousArray<Int>()

  /// The fields of the entry at hand.
  private struct Entry {
    var dtype = DType.u8
    var bits = 0
    var elements = 0
    var begin = 0
    var end = 0
    var seen: UInt8 = 0

    static let dtype: UInt8 = 1
    static let shape: UInt8 = 2
    static let offsets: UInt8 = 4
    static let all: UInt8 = 7
  }

  // MARK: A file

  /// Reads the header of one more file.
  mutating func add(_ region: ByteRegion) throws {
    let length = try Self.length(region)
    let first = begins.count
    let dataStart = 8 + length
    var bytes = [UInt8](repeating: 0, count: length + HeaderScanner.padding)
    try bytes.withUnsafeMutableBytes { buffer in
      try region.read(at: 8, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]))
    }
    // An entry takes at least 50 bytes.
    let likely = first + length / 100
    builder.reserve(leaves: likely)
    begins.reserveCapacity(likely)
    ends.reserveCapacity(likely)
    try bytes.withUnsafeBufferPointer { buffer in
      let origin = ByteOrigin(file: region.file.path, offset: region.range.lowerBound + 8)
      var scanner = try HeaderScanner(buffer, origin: origin)
      try readEntries(&scanner, dataStart: dataStart)
      scanner.skipSpace()
      guard scanner.position == scanner.count else {
        throw scanner.error(
          .trailingBytes, at: scanner.position, field: "header",
          found: "more after the closing brace", expected: "nothing but spaces")
      }
    }
    parts.append(
      SafetensorsPart(region: region, dataStart: dataStart, leaves: first..<begins.count))
  }

  private static func length(_ region: ByteRegion) throws -> Int {
    guard region.count >= 8 else {
      throw region.origin.error(
        .truncated, at: 0, field: "header length", found: "\(region.count) bytes",
        expected: "at least 8")
    }
    var cursor = ByteCursor(try region.read(at: 0, count: 8), origin: region.origin)
    let length = try cursor.integer(UInt64.self, field: "header length")
    guard length <= lengthLimit else {
      throw region.origin.error(
        .limitExceeded, at: 0, field: "header length", found: "\(length) bytes",
        expected: "at most \(lengthLimit)")
    }
    let count = Int(length)
    guard count <= region.count - 8 else {
      throw region.origin.error(
        .truncated, at: 0, field: "header", found: "a file of \(region.count) bytes",
        expected: "a header of \(count) bytes after the first 8")
    }
    return count
  }

  // MARK: Entries

  private mutating func readEntries(_ scanner: inout HeaderScanner, dataStart: Int) throws {
    try scanner.take(UInt8(ascii: "{"))
    if scanner.takes(UInt8(ascii: "}")) { return }
    var hasMetadata = false
    repeat {
      let start = scanner.position
      let name = try scanner.string()
      try scanner.take(UInt8(ascii: ":"))
      if scanner.equals(name, "__metadata__") {
        guard !hasMetadata else {
          throw scanner.error(
            .duplicateName, at: start, field: "header", found: "“__metadata__” a second time",
            expected: "every key once")
        }
        hasMetadata = true
        try readMetadata(&scanner)
      } else {
        try readTensor(name, &scanner, dataStart: dataStart)
      }
    } while scanner.takes(UInt8(ascii: ","))
    try scanner.take(UInt8(ascii: "}"))
  }

  private mutating func readTensor(
    _ name: HeaderScanner.Text, _ scanner: inout HeaderScanner, dataStart: Int
  ) throws {
    var entry = Entry()
    try scanner.take(UInt8(ascii: "{"))
    if !scanner.takes(UInt8(ascii: "}")) {
      repeat { try readField(&entry, of: name, &scanner) } while scanner.takes(UInt8(ascii: ","))
      try scanner.take(UInt8(ascii: "}"))
    }
    guard entry.seen == Entry.all else { throw missingField(entry, name, scanner) }
    try check(entry, name, scanner)
    // Checked to lie inside the file when all entries are known.
    let (begin, overflow) = entry.begin.addingReportingOverflow(dataStart)
    let (end, overflow2) = entry.end.addingReportingOverflow(dataStart)
    guard !overflow, !overflow2 else { throw wrongSize(entry, name, scanner) }
    do {
      try dimensions.withUnsafeBufferPointer { dimensions in
        if name.isEscaped {
          try scanner.unescaped(name).withUnsafeBytes {
            _ = try builder.addArray(flatName: $0, entry.dtype, dimensions: dimensions)
          }
        } else {
          try builder.addArray(
            flatName: scanner.bytes(name), entry.dtype, dimensions: dimensions)
        }
      }
    } catch let error as TreeError {
      throw CheckpointError(
        error, file: scanner.origin.file, offset: scanner.origin.offset.map { $0 + name.start - 1 })
    }
    begins.append(begin)
    ends.append(end)
  }

  private mutating func readField(
    _ entry: inout Entry, of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws {
    let start = scanner.position
    let key = try scanner.string()
    try scanner.take(UInt8(ascii: ":"))
    let field: UInt8
    if scanner.equals(key, "dtype") {
      field = Entry.dtype
      (entry.dtype, entry.bits) = try readDType(of: name, &scanner)
    } else if scanner.equals(key, "shape") {
      field = Entry.shape
      entry.elements = try readShape(of: name, &scanner)
    } else if scanner.equals(key, "data_offsets") {
      field = Entry.offsets
      try scanner.take(UInt8(ascii: "["))
      entry.begin = try scanner.unsigned("data_offsets")
      try scanner.take(UInt8(ascii: ","))
      entry.end = try scanner.unsigned("data_offsets")
      try scanner.take(UInt8(ascii: "]"))
    } else {
      // The reference library passes over fields that it does not know.
      _ = try scanner.document("field")
      return
    }
    guard entry.seen & field == 0 else {
      throw tensorError(
        .duplicateName, at: start, name, scanner,
        found: "“\(visibleText(scanner.bytes(key)))” a second time", expected: "every field once")
    }
    entry.seen |= field
  }

  private func readDType(
    of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws -> (DType, Int) {
    let start = scanner.position
    let text = try scanner.string()
    let found =
      text.isEscaped
      ? scanner.unescaped(text).withUnsafeBytes(dtypes.find) : dtypes.find(scanner.bytes(text))
    guard let found else {
      throw tensorError(
        .unsupported, at: start, name, scanner,
        found: "the element type “\(visibleText(scanner.bytes(text)))”",
        expected: "one of \(SafetensorsDType.all.map(\.name).joined(separator: ", "))")
    }
    return (found.dtype, found.bits)
  }

  /// Reads the shape into `dimensions`; its number of elements.
  private mutating func readShape(
    of name: HeaderScanner.Text, _ scanner: inout HeaderScanner
  ) throws -> Int {
    dimensions.removeAll(keepingCapacity: true)
    let start = scanner.position
    try scanner.take(UInt8(ascii: "["))
    if scanner.takes(UInt8(ascii: "]")) { return 1 }
    var count = 1
    var overflows = false
    repeat {
      let dimension = try scanner.unsigned("shape")
      dimensions.append(dimension)
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      count = product
      overflows = overflows || overflow
    } while scanner.takes(UInt8(ascii: ","))
    try scanner.take(UInt8(ascii: "]"))
    if overflows {
      guard dimensions.contains(0) else {
        throw tensorError(
          .badValue, at: start, name, scanner, found: "the shape \(Shape(dimensions))",
          expected: "fewer than 2^63 elements")
      }
      return 0
    }
    return count
  }

  private func check(
    _ entry: Entry, _ name: HeaderScanner.Text, _ scanner: HeaderScanner
  ) throws {
    let (bits, overflow) = entry.elements.multipliedReportingOverflow(by: entry.bits)
    guard !overflow, bits & 7 == 0, entry.end >= entry.begin,
      entry.end - entry.begin == bits >> 3
    else { throw wrongSize(entry, name, scanner) }
  }

  // MARK: Metadata

  private mutating func readMetadata(_ scanner: inout HeaderScanner) throws {
    let document = try scanner.document("__metadata__")
    if document.root.isNull { return }
    guard document.root.kind == .object else {
      throw document.root.error(
        .badValue, field: "__metadata__", expected: "an object of strings, or null")
    }
    for (key, value) in document.root.members {
      guard let text = value.text else {
        throw value.error(
          .badValue, field: "__metadata__.\(visibleText(key))", expected: "a string")
      }
      // Shards repeat the metadata of the whole.
      let entry = MetadataEntry(Name(key), .text(text))
      if !metadata.contains(entry) { metadata.append(entry) }
    }
  }

  // MARK: The end

  /// Adds the names that share an array with another, as the metadata has them.
  ///
  /// - Returns: for each such leaf the one that is stored, and what did not fit.
  mutating func addTies() throws -> (stored: [Int32: LeafID], notes: [String]) {
    var stored: [Int32: LeafID] = [:]
    var notes: [String] = []
    for entry in metadata where entry.key == SafetensorsTies.key {
      guard case .value(.text(let text)) = entry.value, let pairs = SafetensorsTies.decode(text)
      else {
        notes.append("the metadata “\(SafetensorsTies.key)” is not readable; ties are not known")
        continue
      }
      for (name, target) in pairs {
        guard let known = builder.leaf(flatName: Name(target)),
          builder.leaf(flatName: Name(name)) == nil
        else {
          notes.append("the metadata ties “\(visibleText(name))” to an array that is not there")
          continue
        }
        let node = try builder.flatNode(Name(name))
        _ = builder.storage(of: known, new: StorageID(known.raw))
        let leaf = try builder.addTie(node, to: known)
        stored[leaf.raw] = stored[known.raw] ?? known
      }
    }
    return (stored, notes)
  }

  /// Hands the builder on alone, so that finishing it copies nothing.
  mutating func makeTree() -> Tree {
    var full = TreeBuilder()
    swap(&full, &builder)
    return full.finish()
  }

  // MARK: Errors

  private func tensorError(
    _ code: CheckpointError.Code, at position: Int, _ name: HeaderScanner.Text,
    _ scanner: HeaderScanner, found: String, expected: String
  ) -> CheckpointError {
    CheckpointError(
      code, file: scanner.origin.file, offset: scanner.origin.offset.map { $0 + position },
      place: scanner.unescaped(name), found: found, expected: expected)
  }

  private func missingField(
    _ entry: Entry, _ name: HeaderScanner.Text, _ scanner: HeaderScanner
  ) -> CheckpointError {
    let fields = [(Entry.dtype, "dtype"), (Entry.shape, "shape"), (Entry.offsets, "data_offsets")]
    let missing = fields.filter { entry.seen & $0.0 == 0 }.map(\.1).joined(separator: ", ")
    return tensorError(
      .malformed, at: name.start - 1, name, scanner, found: "no \(missing)",
      expected: "dtype, shape and data_offsets")
  }

  private func wrongSize(
    _ entry: Entry, _ name: HeaderScanner.Text, _ scanner: HeaderScanner
  ) -> CheckpointError {
    let size = entry.elements.multipliedReportingOverflow(by: entry.bits)
    let expected =
      size.overflow
      ? "a size that fits in 64 bits"
      : size.partialValue & 7 != 0
        ? "elements that fill whole bytes" : "\(size.partialValue / 8) bytes"
    return tensorError(
      .badValue, at: name.start - 1, name, scanner,
      found: "data_offsets [\(entry.begin), \(entry.end)] for \(entry.dtype) "
        + "\(Shape(dimensions))", expected: expected)
  }
}
