import EspalierLoad
import EspalierTree

/// A stream whose bytes are asked for in pieces, mostly forward: a large piece is read ahead, and
/// small ones are handed out from it.
final class ForwardStorage {
  let byteCount: Int
  private let stream: SequentialStorage
  private let ahead: Scratch
  private var start = 0
  private var end = 0
  private static let aheadBytes = 1 << 18

  init(byteCount: Int, _ open: @escaping () throws -> any TensorReader) {
    self.byteCount = byteCount
    stream = SequentialStorage(open)
    ahead = Scratch(byteCount: min(byteCount, Self.aheadBytes))
  }

  func read(_ offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
    guard let target = buffer.baseAddress else { return }
    if buffer.count >= Self.aheadBytes {
      try stream.fetch(offset, buffer)
      (start, end) = (0, 0)
      return
    }
    try bring(offset, buffer.count)
    if let from = ahead.bytes.baseAddress {
      target.copyMemory(from: from + (offset - start), byteCount: buffer.count)
    }
  }

  /// Hands out a piece without copying it where it is small.
  func with(
    _ offset: Int, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws {
    var done = 0
    while done < count {
      let piece = min(count - done, ahead.bytes.count)
      try bring(offset + done, piece)
      let from = offset + done - start
      body(UnsafeRawBufferPointer(rebasing: ahead.bytes[from..<from + piece]))
      done += piece
    }
  }

  private func bring(_ offset: Int, _ count: Int) throws {
    if offset >= start, offset + count <= end { return }
    let size = min(ahead.bytes.count, byteCount - offset)
    guard size >= count else { throw SequentialStorage.EndOfValues() }
    // What is there already is kept, so that the stream only goes forward.
    var kept = 0
    if offset >= start, offset < end, let base = ahead.bytes.baseAddress {
      kept = end - offset
      base.copyMemory(from: base + (offset - start), byteCount: kept)
    }
    (start, end) = (0, 0)
    try stream.fetch(
      offset + kept, UnsafeMutableRawBufferPointer(rebasing: ahead.bytes[kept..<size]))
    start = offset
    end = offset + size
  }
}

/// A range of a stream.
struct RangeReader: TensorReader {
  private let storage: ForwardStorage
  private var at: Int
  private let end: Int

  init(_ storage: ForwardStorage, _ offset: Int, _ count: Int) {
    self.storage = storage
    at = offset
    end = offset + count
  }

  var remainingBytes: Int? { end - at }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(buffer.count, end - at)
    guard count > 0 else { return 0 }
    try storage.read(at, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    at += count
    return count
  }
}
