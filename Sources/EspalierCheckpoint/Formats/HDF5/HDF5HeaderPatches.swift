/// Values that lie in object headers, whose newer form has a checksum over each of its pieces.
struct HDF5HeaderPatches {
  private let file: HDF5File
  private let metadata: HDF5Metadata
  /// Pieces with a checksum, as they will be.
  private var pieces: [Int: [UInt8]] = [:]
  private var ranges: [Int: [Range<Int>]] = [:]
  /// Bytes of headers without one.
  private var plain: [(at: Int, bytes: [UInt8])] = []

  init(_ file: HDF5File) {
    self.file = file
    metadata = HDF5Metadata(file)
  }

  /// - Parameter object: the address of the header.
  mutating func patch(
    _ bytes: [UInt8], at address: Int, of object: Int
  ) throws(CheckpointError) {
    let checked: [Range<Int>]
    if let known = ranges[object] {
      checked = known
    } else {
      checked = try HDF5ObjectHeader(metadata, at: object).checkedPieces
      ranges[object] = checked
    }
    guard let piece = checked.first(where: { $0.contains(address) }),
      address + bytes.count <= piece.upperBound - 4
    else {
      plain.append((address, bytes))
      return
    }
    if pieces[piece.lowerBound] == nil {
      pieces[piece.lowerBound] = try file.region.read(at: piece.lowerBound, count: piece.count)
    }
    let start = address - piece.lowerBound
    pieces[piece.lowerBound]?.replaceSubrange(start..<(start + bytes.count), with: bytes)
  }

  func write(to output: AtomicFile) throws(CheckpointError) {
    let base = file.region.range.lowerBound
    for (at, bytes) in plain { try output.write(bytes, at: base + at) }
    for (at, bytes) in pieces.sorted(by: { $0.key < $1.key }) {
      let checksum = bytes.withUnsafeBytes {
        lookup3(UnsafeRawBufferPointer(rebasing: $0.dropLast(4)))
      }
      let tail = (0..<4).map { UInt8(truncatingIfNeeded: checksum >> UInt32(8 * $0)) }
      try output.write(bytes.dropLast(4) + tail, at: base + at)
    }
  }
}
