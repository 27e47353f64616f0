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

  var builder = TreeBuilder(order: .natural)
  /// Of each array, in the order of the leaves: where its bytes begin in its region.
  private(set) var begins = ContiguousArray<Int>()
  /// Where the last one ends, as long as each begins where the one before it ends.
  private var end = 0
  private var isInOrder = true
  private(set) var parts: [SafetensorsPart] = []
  var metadata: [MetadataEntry] = []
  /// Most arrays have the type of the one before: its name as `HeaderScanner.shortString` has it.
  var lastDType: (word: UInt64, dtype: DType, bits: Int) = (.max, .u8, 8)
  /// The shape of the entry at hand: the first `rank` of these.
  var dimensions = ContiguousArray<Int>(repeating: 0, count: 8)
  var rank = 0

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

  /// Hands the builder on alone, so that finishing it copies nothing.
  mutating func makeTree() -> Tree {
    var full = TreeBuilder()
    swap(&full, &builder)
    return full.finish()
  }
}
