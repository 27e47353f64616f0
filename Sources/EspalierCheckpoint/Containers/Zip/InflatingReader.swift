import EspalierTree

/// Reads a range of a compressed member as it is inflated, in constant memory.
struct InflatingReader: TensorReader {
  private let data: ByteRegion
  private let state: State
  private var left: Int

  /// Readers are values, and a stream of zlib is not.
  private final class State {
    var inflater = Inflater(format: .raw)
    var fed = 0
    var piece: [UInt8] = []
    var used = 0
  }

  /// - Parameter range: in bytes of the member's content.
  init(_ zip: ZipArchive, _ entry: ZipEntry, _ range: Range<Int>) throws {
    guard entry.method == .deflated else {
      // Throws what the archive has to say about other methods.
      _ = try zip.read(entry, limit: .max)
      throw zip.region.origin.error(.unsupported, at: entry.headerOffset)
    }
    data = try zip.data(of: entry)
    state = State()
    left = range.count
    var skipped = 0
    while skipped < range.lowerBound {
      skipped += try take(range.lowerBound - skipped, into: nil)
    }
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, left)
    var done = 0
    while done < wanted {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<wanted])
      done += try take(rest.count, into: rest)
    }
    left -= done
    return done
  }

  /// Takes at most `count` bytes, at least one.
  private func take(_ count: Int, into buffer: UnsafeMutableRawBufferPointer?) throws -> Int {
    while state.used == state.piece.count { try refill() }
    let taken = min(count, state.piece.count - state.used)
    if let buffer {
      state.piece.withUnsafeBytes { piece in
        buffer.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: piece[state.used..<state.used + taken]))
      }
    }
    state.used += taken
    return taken
  }

  private func refill() throws(CheckpointError) {
    state.used = 0
    guard state.inflater.next(into: &state.piece, limit: ZipArchive.pieceSize) else {
      throw error("broken compressed data")
    }
    if !state.piece.isEmpty { return }
    let count = min(ZipArchive.pieceSize, data.count - state.fed)
    guard !state.inflater.isFinished, count > 0 else {
      throw error("the end of the compressed data")
    }
    state.inflater.feed(try data.read(at: state.fed, count: count))
    state.fed += count
  }

  private func error(_ found: String) -> CheckpointError {
    data.origin.error(.malformed, at: state.fed, found: found, expected: "the values of a tensor")
  }
}
