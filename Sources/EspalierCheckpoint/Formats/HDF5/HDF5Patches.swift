/// Bytes that change inside the structures of a file, many of which have a checksum at their end.
struct HDF5Patches {
  private let file: HDF5File
  private let metadata: HDF5Metadata
  /// Structures with a checksum, by their address, as they will be.
  private var pieces: [Int: [UInt8]] = [:]
  /// The pieces of object headers that have one.
  private var headers: [Int: [Range<Int>]] = [:]
  /// Bytes of structures without one.
  private var plain: [(at: Int, bytes: [UInt8])] = []

  init(_ file: HDF5File) {
    self.file = file
    metadata = HDF5Metadata(file)
  }

  /// - Parameter object: the address of the object header that the bytes are in.
  mutating func patch(
    _ bytes: [UInt8], at address: Int, of object: Int
  ) throws(CheckpointError) {
    let checked: [Range<Int>]
    if let known = headers[object] {
      checked = known
    } else {
      checked = try HDF5ObjectHeader(metadata, at: object).checkedPieces
      headers[object] = checked
    }
    try patch(bytes, at: address, in: checked.first { $0.contains(address) })
  }

  /// - Parameter piece: the structure that the bytes are in, with the checksum at its end; nil where
  ///   it has none.
  mutating func patch(
    _ bytes: [UInt8], at address: Int, in piece: Range<Int>?
  ) throws(CheckpointError) {
    guard let piece, piece.contains(address), address + bytes.count <= piece.upperBound - 4 else {
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
      let tail = HDF5File.littleEndian(Int(checksum), width: 4)
      try output.write(bytes.dropLast(4) + tail, at: base + at)
    }
  }
}

extension HDF5File {
  /// A number as the file's structures hold it.
  static func littleEndian(_ value: Int, width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
