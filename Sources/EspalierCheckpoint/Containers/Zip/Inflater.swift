import CZlib

/// Decompresses deflate data piece by piece, never more at a time than it is allowed to.
package struct Inflater: ~Copyable {
  package enum Format: Sendable {
    /// No header, as in zip archives.
    case raw
    /// As in HDF5 and PNG.
    case zlib
    case gzip
  }

  // On the heap: zlib keeps a pointer to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var input: [UInt8] = []
  private var consumed = 0
  private var isBroken = false
  /// Whether the stream has ended by itself.
  package private(set) var isFinished = false

  package init(format: Format) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let windowBits: Int32 =
      switch format {
      case .raw: -15
      case .zlib: 15
      case .gzip: 31
      }
    let size = Int32(MemoryLayout<z_stream>.size)
    isBroken = inflateInit2_(stream, windowBits, ZLIB_VERSION, size) != Z_OK
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Compressed bytes beyond the end of the stream, of those fed so far.
  package var unusedCount: Int { input.count - consumed }

  package mutating func feed(_ bytes: [UInt8]) {
    input = Array(input[consumed...]) + bytes
    consumed = 0
  }

  /// Replaces `output` by at most `limit` further bytes; none where more input is needed. False where
  /// the data is broken.
  package mutating func next(into output: inout [UInt8], limit: Int) -> Bool {
    output.removeAll(keepingCapacity: true)
    guard !isBroken else { return false }
    guard !isFinished, limit > 0 else { return true }
    let stream = stream
    var status = Z_OK
    var used = 0
    let start = consumed
    let source = input
    let room = min(limit, 1 << 24)
    output = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      source.withUnsafeBufferPointer { bytes in
        let rest = min(bytes.count - start, 1 << 24)
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: bytes.baseAddress.map { $0 + start })
        stream.pointee.avail_in = UInt32(rest)
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(room)
        status = inflate(stream, Z_NO_FLUSH)
        used = rest - Int(stream.pointee.avail_in)
        count = room - Int(stream.pointee.avail_out)
      }
    }
    consumed += used
    isFinished = status == Z_STREAM_END
    // Z_BUF_ERROR means that there was nothing to do, which more input may change.
    isBroken = ![Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(status)
    return !isBroken
  }
}

extension Inflater {
  /// All that a stream decompresses to; nil where it is broken, cut, or holds more than `limit`
  /// bytes.
  static func decompress(_ bytes: [UInt8], format: Format, limit: Int) -> [UInt8]? {
    var inflater = Inflater(format: format)
    inflater.feed(bytes)
    var result: [UInt8] = []
    // Deflate packs at most 1,032 to one: a size beyond that is a lie.
    result.reserveCapacity(min(limit, bytes.count.multipliedReportingOverflow(by: 8).partialValue))
    var piece: [UInt8] = []
    while !inflater.isFinished {
      guard inflater.next(into: &piece, limit: min(1 << 20, limit - result.count + 1)) else {
        return nil
      }
      if piece.isEmpty, !inflater.isFinished { return nil }
      result += piece
      guard result.count <= limit else { return nil }
    }
    return result
  }
}

/// CRC-32 as zip and gzip use it.
package struct CRC32: Sendable {
  package private(set) var value: UInt32 = 0

  package init() {}

  package mutating func update(_ bytes: [UInt8]) {
    value = bytes.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: crc32_z(UInt(value), $0.baseAddress, $0.count))
    }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let bytes = bytes.bindMemory(to: UInt8.self)
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), bytes.baseAddress, bytes.count))
  }
}
