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
  /// Of each array, in the order of the leaves: where its bytes begin in its region.
  private(set) var begins = ContiguousArray<Int>()
  /// Where the last one ends, as long as each begins where the one before it ends.
  private var end = 0
  private var isInOrder = true
  private(set) var parts: [SafetensorsPart] = []
  private(set) var metadata: [MetadataEntry] = []
  /// Most arrays have the type of the one before: its name as `HeaderScanner.shortString` has it.
  private var lastDType: (word: UInt64, dtype: DType, bits: Int) = (.max, .u8, 8)
  /// The shape of the entry at hand: the first `rank` of these.
  private var dimensions = ContiguousArray<Int>(repeating: 0, count: 8)
  private var rank = 0

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

  // MARK: A file

  /// Reads the header of one more file.
  mutating func add(_ region: ByteRegion) throws {
    let length = try Self.length(region)
    let first = begins.count
    let dataStart = 8 + length
    end = dataStart
    isInOrder = true
    var window = try HeaderWindow(region, 8..<dataStart)
    try readEntries(&window, dataStart: dataStart)
    parts.append(
      SafetensorsPart(
        region: region, dataStart: dataStart, leaves: first..<begins.count,
        end: isInOrder ? end : nil))
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

  /// Where the reading of the entries has come to.
  private struct Progress {
    var isOpen = false
    var isAtEnd = false
    var hasMetadata = false
  }

  /// Reads all entries. Those that the window cuts in two are read again from a window that begins
  /// with them, and grows as long as they do not fit.
  private mutating func readEntries(_ window: inout HeaderWindow, dataStart: Int) throws {
    var progress = Progress()
    let first = begins.count
    var isReserved = false
    while !progress.isAtEnd {
      var done = 0
      do {
        try window.withScanner { scanner in
          while !progress.isAtEnd {
            try readEntry(&scanner, &progress, dataStart: dataStart)
            done = scanner.position
          }
        }
      } catch {
        if window.isLast { throw error }
        if done > 0 {
          if !isReserved { reserve(begins.count - first, in: done, of: dataStart) }
          isReserved = true
          try window.advance(by: done)
        } else {
          try window.grow()
        }
      }
    }
    // The header may have been padded beyond the window.
    while !window.isLast {
      try window.advance(by: window.count)
      try window.withScanner { try checkPadding(&$0) }
    }
  }

  /// Makes room for all entries of a file, of which some are known.
  private mutating func reserve(_ entries: Int, in bytes: Int, of length: Int) {
    // A little more: arrays that have to grow are copied as a whole.
    let expected = begins.count + entries * (length / bytes + 1)
    builder.reserve(leaves: expected)
    begins.reserveCapacity(expected)
  }

  /// Reads one entry and the comma or brace after it. On an error nothing has changed.
  private mutating func readEntry(
    _ scanner: inout HeaderScanner, _ progress: inout Progress, dataStart: Int
  ) throws {
    if !progress.isOpen {
      scanner.skipSpace()
      try scanner.take(UInt8(ascii: "{"))
      if scanner.next == UInt8(ascii: "}") { return try close(&scanner, &progress) }
      guard scanner.next != 0 else { throw scanner.unexpected("a name or “}”") }
      progress.isOpen = true
      return
    }
    if try readPlainEntry(&scanner, dataStart: dataStart) { return }
    let start = scanner.position
    let name = try scanner.string()
    try scanner.take(UInt8(ascii: ":"))
    if scanner.equals(name, "__metadata__") {
      guard !progress.hasMetadata else {
        throw scanner.error(
          .duplicateName, at: start, field: "header", found: "“__metadata__” a second time",
          expected: "every key once")
      }
      let document = try scanner.document("__metadata__")
      let isLast = try endOfEntry(&scanner)
      try readMetadata(document)
      progress.hasMetadata = true
      if isLast { try close(&scanner, &progress) }
    } else {
      var entry = try readFields(of: name, &scanner)
      let isLast = try endOfEntry(&scanner)
      guard entry.seen == HeaderScanner.Field.all else { throw missingField(entry, name, scanner) }
      guard entry.place(from: dataStart) else { throw wrongSize(entry, name, scanner) }
      if isLast {
        // What follows the closing brace is looked at before the tensor is added.
        try checkEnd(&scanner)
        progress.isAtEnd = true
      }
      try add(entry, name, scanner)
    }
  }

  /// Reads an entry in the usual form; false, and nothing has changed, where it has another.
  @inline(__always)
  private mutating func readPlainEntry(
    _ scanner: inout HeaderScanner, dataStart: Int
  ) throws -> Bool {
    let found = dimensions.withUnsafeMutableBufferPointer { scanner.plainEntry($0) }
    guard let found, found.dtype == lastDType.word, !scanner.equals(found.name, "__metadata__")
    else { return false }
    rank = found.rank
    var entry = Entry(
      dtype: lastDType.dtype, bits: lastDType.bits, elements: found.elements, begin: found.begin,
      end: found.end, seen: HeaderScanner.Field.all)
    guard entry.place(from: dataStart) else { throw wrongSize(entry, found.name, scanner) }
    try add(entry, found.name, scanner)
    scanner.move(to: found.next)
    return true
  }

  /// Whether the entry was the last. The next one has begun, or the header is closed.
  @inline(__always)
  private func endOfEntry(_ scanner: inout HeaderScanner) throws -> Bool {
    if scanner.takes(UInt8(ascii: ",")) {
      guard scanner.next != 0 else { throw scanner.unexpected("a name") }
      return false
    }
    guard scanner.next == UInt8(ascii: "}") else { throw scanner.unexpected("“,” or “}”") }
    return true
  }

  private func close(_ scanner: inout HeaderScanner, _ progress: inout Progress) throws {
    try checkEnd(&scanner)
    progress.isOpen = true
    progress.isAtEnd = true
  }

  private func checkEnd(_ scanner: inout HeaderScanner) throws {
    try scanner.take(UInt8(ascii: "}"))
    try checkPadding(&scanner)
  }

  private func checkPadding(_ scanner: inout HeaderScanner) throws {
    scanner.skipSpace()
    guard scanner.position == scanner.count else {
      throw scanner.error(
        .trailingBytes, at: scanner.position, field: "header",
        found: "more after the closing brace", expected: "nothing but spaces")
    }
  }

  @inline(__always)
  private mutating func readFields(
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

  private mutating func add(
    _ entry: Entry, _ name: HeaderScanner.Text, _ scanner: HeaderScanner
  ) throws {
    do {
      try dimensions.withUnsafeBufferPointer { all in
        let dimensions = UnsafeBufferPointer(rebasing: all[..<rank])
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
    begins.append(entry.begin)
    isInOrder = isInOrder && entry.begin == end
    end = entry.end
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

  // MARK: Metadata

  private mutating func readMetadata(_ document: JSONDocument) throws {
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
}
