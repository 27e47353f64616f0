import EspalierTree

/// Values of one element type, read as another.
package struct ConvertingReader: TensorReader {
  private var inner: any TensorReader
  private let from: DType
  private let to: DType
  /// Elements of a block: a multiple of both types' packing.
  private let blockElements: Int
  private let scratch: Scratch
  /// Elements that are not converted yet.
  private var remaining: Int
  private var loss = ConversionLoss()
  private let finish: @Sendable (ConversionLoss) -> Void
  /// Converted values that did not fit the caller's buffer.
  private var left: ArraySlice<UInt8> = []

  /// - Parameters:
  ///   - elements: how many `inner` has; see ``ExactReader``.
  ///   - finish: called with what was lost when the last value has been converted.
  package init(
    _ inner: any TensorReader, from: DType, to: DType, elements: Int, blockBytes: Int = 1 << 20,
    finish: @escaping @Sendable (ConversionLoss) -> Void = { _ in }
  ) {
    self.inner = inner
    self.from = from
    self.to = to
    self.finish = finish
    remaining = elements
    let packing = max(from.elementsPerBlock, to.elementsPerBlock)
    let widest = max(from.bytesPerBlock, to.bytesPerBlock)
    blockElements = max(packing, blockBytes / max(1, widest) / packing * packing)
    scratch = Scratch(byteCount: from.byteCount(elements: min(blockElements, elements)) ?? 0)
  }

  package mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = takeLeft(into: buffer, at: 0)
    while remaining > 0 {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let room = rest.count / to.bytesPerBlock * to.elementsPerBlock
      if room == 0 { break }
      let packing = from.elementsPerBlock
      if room >= packing {
        done += try convert(min(blockElements, room / packing * packing), into: rest)
      } else {
        // Less room than one packed block of the source gives.
        var bytes = [UInt8](repeating: 0, count: to.byteCount(elements: packing) ?? 0)
        let count = try bytes.withUnsafeMutableBytes { try convert(packing, into: $0) }
        left = bytes[..<count]
        done += takeLeft(into: buffer, at: done)
      }
    }
    return done
  }

  private mutating func takeLeft(into buffer: UnsafeMutableRawBufferPointer, at: Int) -> Int {
    let count = min(left.count, buffer.count - at)
    for offset in 0..<count { buffer[at + offset] = left[left.startIndex + offset] }
    left = left.dropFirst(count)
    return count
  }

  /// Converts up to `wanted` elements; returns the bytes written.
  private mutating func convert(
    _ wanted: Int, into target: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    let count = min(wanted, remaining)
    let size = min(from.byteCount(elements: count) ?? 0, scratch.bytes.count)
    let block = UnsafeMutableRawBufferPointer(rebasing: scratch.bytes[..<size])
    var filled = 0
    while filled < size {
      let read = try inner.read(into: UnsafeMutableRawBufferPointer(rebasing: block[filled...]))
      guard read > 0 else { throw SequentialStorage.EndOfValues() }
      filled += read
    }
    let lost = Conversion.convert(
      UnsafeRawBufferPointer(block), from, to: target, to, count: count)
    loss += lost ?? ConversionLoss()
    remaining -= count
    if remaining == 0 { finish(loss) }
    return to.byteCount(elements: count) ?? 0
  }
}

/// A piece of memory that lives as long as its owner.
package final class Scratch {
  package let bytes: UnsafeMutableRawBufferPointer

  package init(byteCount: Int) {
    bytes = .allocate(byteCount: max(1, byteCount), alignment: 64)
  }
  deinit { bytes.deallocate() }
}

/// A reader that gives exactly as many bytes as its array's shape asks for, or throws.
///
/// One that says so itself is handed on as it is: whoever writes a file can tell by its type that the
/// bytes lie in another file, and let the system copy them.
func exactly(
  _ byteCount: Int, _ reader: any TensorReader, path: @autoclosure () -> TreePath, side: String
) -> any TensorReader {
  if reader.remainingBytes == byteCount { return reader }
  return ExactReader(reader, byteCount: byteCount, path: path(), side: side)
}

/// Holds a reader to the number of bytes that its array's shape asks for.
struct ExactReader: TensorReader {
  private var inner: any TensorReader
  private var left: Int
  private let expected: Int
  private let path: TreePath
  private let side: String

  init(_ inner: any TensorReader, byteCount: Int, path: TreePath, side: String) {
    self.inner = inner
    left = byteCount
    expected = byteCount
    self.path = path
    self.side = side
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, left)
    if wanted == 0 { return 0 }
    let count = try inner.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    guard count > 0, count <= wanted else {
      throw TooFewValues(path: path, side: side, found: expected - left, expected: expected)
    }
    left -= count
    return count
  }
}

/// An array that gave fewer bytes than its shape and element type ask for.
public struct TooFewValues: Error, Hashable, Sendable, CustomStringConvertible {
  /// The array whose reader ended early.
  public var path: TreePath
  /// `destination` or `source`.
  public var side: String
  /// Bytes that the reader gave.
  public var found: Int
  /// Bytes that shape and element type ask for.
  public var expected: Int

  public var description: String {
    "\(side) \(path): its values end after \(found) bytes, its shape asks for \(expected); "
      + "the file or the array is shorter than it says"
  }
}
