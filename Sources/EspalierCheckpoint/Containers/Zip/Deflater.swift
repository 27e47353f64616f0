import CZlib

/// Compresses bytes as the members of zip archives are, piece by piece, as densely as zlib does when
/// nobody says otherwise.
struct Deflater: ~Copyable {
  // On the heap: zlib keeps a pointer to it.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isBroken: Bool

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // No header, as in zip archives; the memory level is zlib's own default.
    isBroken =
      deflateInit2_(
        stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) != Z_OK
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// The most that content of `count` bytes can come to.
  static func bound(_ count: Int) -> Int { count &+ count >> 10 &+ 64 }

  /// What comes out for further bytes; with `isLast` all that is left. Nil where zlib fails, which it
  /// does only without memory.
  mutating func compress(_ bytes: [UInt8], isLast: Bool = false) -> [UInt8]? {
    var result: [UInt8] = []
    var start = 0
    repeat {
      let end = min(bytes.count, start + Self.step)
      guard feed(bytes, start..<end, isLast: isLast && end == bytes.count, into: &result) else {
        return nil
      }
      start = end
    } while start < bytes.count
    return result
  }

  private static let step = 1 << 20

  private mutating func feed(
    _ bytes: [UInt8], _ range: Range<Int>, isLast: Bool, into result: inout [UInt8]
  ) -> Bool {
    guard !isBroken else { return false }
    let stream = stream
    var status = Z_OK
    bytes.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.baseAddress.map { $0 + range.lowerBound })
      stream.pointee.avail_in = UInt32(range.count)
      repeat {
        result += [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(buffer.count)
          status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
          count = buffer.count - Int(stream.pointee.avail_out)
        }
        // With room left over, everything that was fed has been taken.
      } while stream.pointee.avail_out == 0 && status == Z_OK
    }
    isBroken = isLast ? status != Z_STREAM_END : ![Z_OK, Z_BUF_ERROR].contains(status)
    return !isBroken
  }
}
