import EspalierTree

/// A stream of values that is read at places, forward where possible.
///
/// Places before the current one open the stream again, so that memory stays flat; readers of
/// blocks in rising order pass over it once.
package final class SequentialStorage {
  private let open: () throws -> any TensorReader
  private var reader: (any TensorReader)?
  private var position = 0
  private let skipped = Scratch(byteCount: 1 << 16)

  package init(_ open: @escaping () throws -> any TensorReader) { self.open = open }

  package func fetch(_ offset: Int, _ buffer: UnsafeMutableRawBufferPointer) throws {
    var current: any TensorReader
    if let reader, position <= offset {
      current = reader
    } else {
      current = try open()
      position = 0
    }
    reader = nil  // not held in two places while it is read
    while position < offset {
      let size = min(offset - position, skipped.bytes.count)
      let count = try current.read(
        into: UnsafeMutableRawBufferPointer(rebasing: skipped.bytes[..<size]))
      guard count > 0 else { throw EndOfValues() }
      position += count
    }
    var done = 0
    while done < buffer.count {
      let count = try current.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      guard count > 0 else { throw EndOfValues() }
      done += count
    }
    position += done
    reader = current
  }

  /// The values of a stream ended before the place that was asked for.
  package struct EndOfValues: Error, CustomStringConvertible {
    package init() {}
    package var description: String { "the values of an array end early; the file is damaged" }
  }
}
