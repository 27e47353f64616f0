import EspalierTree

/// A copy of an archive in which some members have other content of the same size.
///
/// Stored members are written over in place. Compressed ones are compressed again, as zlib does by
/// default, and what is behind them moves. All other members are copied as they lie in the file;
/// comments, extra fields, times and the form of the directory are kept.
final class ZipCopy {
  /// What a compressed member is to hold instead: as many bytes as before.
  struct Content {
    let write: (_ append: ([UInt8]) throws -> Void) throws -> Void
  }

  private enum Change {
    case inPlace
    case compressed(Content)
    /// An archive by itself, stored in this one.
    case archive(ZipCopy)
  }

  /// A member that changes, and what is known of it once it is written.
  private struct Member {
    let entry: ZipEntry
    let change: Change
    /// Without the local header, with the descriptor, in the region.
    let body: Range<Int>
    /// Bytes that the copy has more than the archive, header and all.
    var growth = 0
    var crc32: UInt32
    var compressedSize: Int
    var size: Int
  }

  private let archive: ZipArchive
  private let edits: FileEdits
  /// In the order of the file.
  private var members: [Member] = []
  /// Where the copy begins in the file being saved, and how long it is, once it is written.
  private var start = 0
  private var length = 0

  private var region: ByteRegion { archive.region }
  private var base: Int { region.range.lowerBound }

  /// Whether nothing in the archive changes.
  var isEmpty: Bool { members.isEmpty }
  /// Whether members move.
  private(set) var isResized = false
  /// Where the last member begins that is stored at a multiple of ``alignment``; -1 where none is.
  private lazy var lastAligned = findLastAligned()

  /// - Parameters:
  ///   - edits: of the file, whose ranges lie in stored members.
  ///   - contents: for compressed members, by where their headers begin in the file.
  init(_ archive: ZipArchive, _ edits: FileEdits, _ contents: [Int: Content], depth: Int = 0) throws
  {
    self.archive = archive
    self.edits = edits
    let ordered = archive.entries.sorted { $0.headerOffset < $1.headerOffset }
    for (number, entry) in ordered.enumerated() {
      let end =
        number + 1 < ordered.count
        ? ordered[number + 1].headerOffset : archive.directory.lowerBound
      if let change = try change(of: entry, contents, depth) { try add(entry, change, before: end) }
    }
  }

  private func change(
    of entry: ZipEntry, _ contents: [Int: Content], _ depth: Int
  ) throws -> Change? {
    if let content = contents[base + entry.headerOffset] { return .compressed(content) }
    guard let data = try? archive.stored(entry) else { return nil }
    if depth == 0, ZipArchive.sniff(try data.prefix(4)), let inner = try? ZipArchive(data) {
      let copy = try ZipCopy(inner, edits, contents, depth: 1)
      return copy.isEmpty ? nil : .archive(copy)
    }
    return edits.touch(data.range) ? .inPlace : nil
  }

  /// - Parameter limit: where the next member begins, or the directory.
  private func add(
    _ entry: ZipEntry, _ change: Change, before limit: Int
  ) throws(CheckpointError) {
    let data = try archive.data(of: entry)
    let end = try ZipDescriptor(entry, of: archive)?.end
    switch change {
    case .inPlace: break
    case .compressed: isResized = true
    case .archive(let copy): isResized = isResized || copy.isResized
    }
    if case .archive(let copy) = change, copy.isResized, end != nil {
      throw region.origin.error(
        .unsupported, at: entry.headerOffset, field: visibleText(entry.name),
        found: "an archive that was written to a stream, with a compressed member that changes",
        expected: "one whose header knows its size", advice: "save as safetensors")
    }
    let bodyEnd = end ?? data.range.upperBound - base
    guard bodyEnd <= limit else {
      throw region.origin.error(
        .overlap, at: entry.headerOffset, field: visibleText(entry.name),
        found: "a member that reaches into the next", expected: "its end before that")
    }
    let body = (data.range.lowerBound - base)..<bodyEnd
    members.append(
      Member(
        entry: entry, change: change, body: body, crc32: entry.crc32,
        compressedSize: entry.compressedSize, size: entry.size))
  }

  // MARK: Writing

  /// The whole archive, in order.
  func pieces() throws -> [SavePlan.Piece] {
    var pieces = [SavePlan.Piece.written(count: 0) { output, _ in self.start = output.position }]
    var at = 0
    func copy(upTo end: Int) throws {
      pieces += try edits.pieces(of: region.file, base + at..<base + end)
      at = end
    }
    for (number, member) in members.enumerated() {
      switch member.change {
      case .inPlace: break
      case .compressed(let content):
        try copy(upTo: member.entry.headerOffset)
        pieces.append(
          .written(count: Deflater.bound(member.entry.size)) { output, meter in
            try self.compress(number, content, output, meter)
          })
        at = member.body.upperBound
      case .archive(let copied):
        try copy(upTo: member.body.lowerBound)
        pieces += try copied.pieces()
        pieces.append(.written(count: 0) { _, _ in self.note(copied, number) })
        at = member.body.upperBound
      }
    }
    try copy(upTo: isResized ? archive.directory.lowerBound : region.count)
    pieces.append(
      .written(count: isResized ? region.count - at : 0) { output, _ in try self.finish(output) })
    return pieces
  }

  /// Bytes that stored members begin at a multiple of, as PyTorch writes them and maps them into
  /// memory; those behind a compressed one keep that.
  private static let alignment = 64

  private func compress(
    _ number: Int, _ content: Content, _ output: AtomicFile, _ meter: SaveMeter
  ) throws {
    let entry = members[number].entry
    let begin = output.position
    var header = try ZipLocalHeader(entry, in: region)
    header.prepare(size: entry.size)
    try output.append(header.bytes)
    let dataStart = output.position
    var crc = CRC32()
    var count = 0
    var deflater = Deflater()
    func write(_ bytes: [UInt8], isLast: Bool) throws {
      crc.update(bytes)
      count += bytes.count
      guard let packed = deflater.compress(bytes, isLast: isLast) else {
        throw CheckpointError(.saveFailed, file: output.path, place: entry.name, found: "no memory")
      }
      try output.append(packed)
      meter.wrote(packed.count)
    }
    try content.write { try write($0, isLast: false) }
    try write([], isLast: true)
    guard count == entry.size else {
      throw CheckpointError(
        .saveFailed, file: output.path, place: entry.name, found: "\(count) bytes of values",
        expected: "\(entry.size)")
    }
    members[number].crc32 = crc.value
    members[number].compressedSize = output.position - dataStart
    header.set(crc32: crc.value, compressedSize: output.position - dataStart)
    try output.write(header.bytes, at: begin)
    let growth = output.position - begin - (members[number].body.upperBound - entry.headerOffset)
    let remainder = growth % Self.alignment
    if remainder != 0, entry.headerOffset < lastAligned {
      let gap = remainder < 0 ? -remainder : Self.alignment - remainder
      try output.append([UInt8](repeating: 0, count: gap))
      members[number].growth = growth + gap
    } else {
      members[number].growth = growth
    }
  }

  private func findLastAligned() -> Int {
    let stored = archive.entries.filter { $0.method == .stored && $0.size > 0 }
    let aligned = stored.filter { entry in
      let data = try? archive.stored(entry)
      return data.map { ($0.range.lowerBound - base) % Self.alignment == 0 } ?? false
    }
    return aligned.map(\.headerOffset).max() ?? -1
  }

  private func note(_ copy: ZipCopy, _ number: Int) {
    members[number].growth = copy.length - members[number].entry.size
    members[number].compressedSize = copy.length
    members[number].size = copy.length
  }

  // MARK: Finishing

  /// Makes the checksums of members that were written over, and, where members moved, the directory.
  private func finish(_ output: AtomicFile) throws {
    let shifts = Shifts(members.map { ($0.entry.headerOffset, $0.growth) })
    for number in members.indices {
      if case .compressed = members[number].change { continue }
      try update(number, shifts, output)
    }
    if isResized { try output.append(try directory(at: output.position - start, shifts)) }
    length = output.position - start
  }

  private func update(_ number: Int, _ shifts: Shifts, _ output: AtomicFile) throws {
    let member = members[number]
    let shift = shifts.before(member.entry.headerOffset)
    let data = start + shift + member.body.lowerBound
    let crc = try output.checksum(of: data..<data + member.size)
    members[number].crc32 = crc
    let places = try ZipChecksum(member.entry, of: archive)
    for place in places.atMember {
      try output.write(littleEndianBytes(crc), at: start + shift + place)
    }
    if !isResized { try output.write(littleEndianBytes(crc), at: start + places.inDirectory) }
    guard member.size != member.entry.size else { return }
    var header = try ZipLocalHeader(member.entry, in: region)
    try header.set(storedSize: member.size, crc32: crc, in: region)
    try output.write(header.bytes, at: start + shift + member.entry.headerOffset)
  }

  /// The directory and the end of the archive.
  ///
  /// - Parameter place: where it begins, from the start of the copy.
  private func directory(at place: Int, _ shifts: Shifts) throws -> [UInt8] {
    var changed: [Int: Member] = [:]
    for member in members { changed[member.entry.recordOffset] = member }
    var bytes: [UInt8] = []
    for entry in archive.entries {
      var record = try ZipRecord(entry, in: region)
      let member = changed[entry.recordOffset]
      if let member {
        record.set(crc32: member.crc32)
        if case .compressed = member.change { record.clearStreamed() }
      }
      record.set(
        size: member?.size ?? entry.size,
        compressedSize: member?.compressedSize ?? entry.compressedSize,
        offset: entry.headerOffset - archive.start + shifts.before(entry.headerOffset))
      bytes += record.bytes
    }
    let old = try region.read(
      at: archive.directory.upperBound, count: region.count - archive.directory.upperBound)
    let end = ZipEnd(
      count: archive.entries.count, directorySize: bytes.count,
      directoryOffset: place - archive.start)
    return bytes + end.replacing(old)
  }
}

/// How far members move: the growth of those before them.
private struct Shifts {
  private var places: [Int] = []
  private var sums: [Int] = [0]

  init(_ growths: [(offset: Int, growth: Int)]) {
    for (offset, growth) in growths {
      places.append(offset)
      sums.append((sums.last ?? 0) + growth)
    }
  }

  func before(_ offset: Int) -> Int {
    var low = 0
    var high = places.count
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return sums[low]
  }
}
