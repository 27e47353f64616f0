import EspalierTree

/// The values of an array, or of a part of one, as they lie in one place.
struct StoredValues: Sendable {
  enum Place: Sendable {
    case file(ByteRegion)
    /// A range of a value in a packed block of a table.
    case packed(SSTable, SSTablePlace, Range<Int>)
  }

  enum Encoding: Sendable {
    /// As in memory.
    case plain
    /// Variable-length numbers, of which the low bytes are the elements.
    case varints
  }

  let place: Place
  let dtype: DType
  /// Elements.
  let count: Int
  var encoding = Encoding.plain
  var isBigEndian = false
  /// Of the stored bytes, as TensorFlow masks it.
  var checksum: UInt32?
  /// The array's name.
  let name: [UInt8]

  /// Bytes in memory; the number of elements was checked with the shape.
  var byteCount: Int { count &* dtype.bytesPerBlock }

  func reader() throws -> any TensorReader {
    guard case .file(let region) = place, case .plain = encoding else {
      return BufferReader(try bytes())
    }
    let reader: any TensorReader =
      checksum.map { ChecksummedReader(region, expected: $0, name: name) }
      ?? FileRangeReader(region)
    return isBigEndian && dtype.componentSize > 1
      ? SwappingReader(reader, itemSize: dtype.componentSize) : reader
  }

  /// All of them in memory, in canonical form.
  func bytes() throws -> [UInt8] {
    switch (place, encoding) {
    case (.file(let region), .plain):
      var bytes = [UInt8](repeating: 0, count: region.count)
      var reader = try reader()
      let count = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      return Array(bytes[..<count])
    case (.file(let region), .varints):
      return try decoded(try region.read(at: 0, count: region.count), region.origin)
    case (.packed(let table, let place, let range), _):
      let value = try table.bytes(of: place)
      let origin = ByteOrigin(file: table.region.file.path, offset: nil)
      guard range.upperBound <= value.count else {
        throw origin.error(.truncated, at: 0, found: "\(value.count) bytes")
      }
      let stored = Array(value[range])
      if case .varints = encoding { return try decoded(stored, origin) }
      return stored
    }
  }

  private func decoded(_ stored: [UInt8], _ origin: ByteOrigin) throws -> [UInt8] {
    var cursor = ByteCursor(stored, origin: origin)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(byteCount, stored.count * dtype.bytesPerBlock))
    let size = dtype.bytesPerBlock
    while !cursor.isAtEnd {
      let value = try cursor.unsignedVarint(field: "values")
      withUnsafeBytes(of: value.littleEndian) { bytes += $0.prefix(size) }
    }
    guard bytes.count == byteCount else {
      throw CheckpointError(
        .badValue, file: origin.file, offset: origin.offset, place: name,
        found: "\(bytes.count / max(1, size)) values", expected: "\(count), as the shape says")
    }
    return bytes
  }
}
