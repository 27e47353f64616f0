/// A tree whose arrays have values: the only seam between the core and bytes.
///
/// Descriptions are there at once; values are read on demand, leaf by leaf, as a stream. Files,
/// Swift models, and the result of a load that has not been saved yet are all sources.
public protocol TensorSource: Sendable {
  /// Paths, kinds, shapes and element types of all leaves.
  var tree: Tree { get }

  /// Opens the values of an array leaf.
  ///
  /// - Returns: a reader at the first element.
  /// - Throws: when the leaf is not an array, or has a description but no values (a skeleton, an
  ///   array that lived on a device and was saved as a pointer).
  func reader(for leaf: LeafID) throws -> any TensorReader

  /// Opens the values of an array leaf in the order in which its memory has them, as they lie
  /// there: for whoever would only turn them back.
  ///
  /// - Returns: nil where the source has no such order at hand; then the canonical one has to do.
  func memoryReader(for leaf: LeafID) throws -> (any TensorReader)?

  /// Whether an array leaf has values to read.
  func hasValues(_ leaf: LeafID) -> Bool
}

extension TensorSource {
  public func hasValues(_ leaf: LeafID) -> Bool { tree.kind(of: leaf) == .array }

  public func memoryReader(for leaf: LeafID) throws -> (any TensorReader)? { nil }
}

/// The values of one array, in order.
///
/// Bytes come in canonical form: elements in C order of the logical shape, little-endian,
/// contiguous, whatever the order in the file. Block-quantised types come as their blocks.
public protocol TensorReader {
  /// Fills `buffer` with the next bytes.
  ///
  /// - Parameter buffer: its size is a multiple of the type's `bytesPerBlock`.
  /// - Returns: the number of bytes written; less than asked for only at the end, then 0.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int

  /// Bytes that are still to come, where the reader knows: it gives as many or throws. Nil by
  /// default; whoever needs to be sure then counts.
  var remainingBytes: Int? { get }
}

extension TensorReader {
  public var remainingBytes: Int? { nil }
}

/// A source without the values that were asked for.
public struct NoValues: Error, Hashable, Sendable, CustomStringConvertible {
  /// The leaf that was asked for.
  public var path: TreePath
  /// Why it has none, to be read after a colon.
  public var reason: String

  /// An error about one leaf.
  public init(_ path: TreePath, reason: String) {
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): there are no values to read: \(reason)" }
}

/// Work was stopped by the user; nothing has been changed.
public struct Cancelled: Error, Hashable, Sendable, CustomStringConvertible {
  /// Stopped.
  public init() {}
  public var description: String { "cancelled; nothing has been changed" }
}

extension TensorReader {
  /// Reads until the buffer is full or the values end: one read may give less than was asked for.
  ///
  /// - Returns: bytes read.
  package mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      if count == 0 { break }
      done += count
    }
    return done
  }
}

/// Follows long work and may stop it.
public struct ProgressMonitor: Sendable {
  /// Called between pieces of work with bytes done and bytes in all; false stops it.
  public var report: @Sendable (_ done: Int, _ total: Int) -> Bool

  /// Hands progress to a closure that returns false to stop.
  public init(_ report: @escaping @Sendable (_ done: Int, _ total: Int) -> Bool) {
    self.report = report
  }

  /// Follows nothing and stops nothing.
  public static let none = ProgressMonitor { _, _ in true }

  /// Reports, and throws ``Cancelled`` when the work is to stop.
  public func check(_ done: Int, of total: Int) throws {
    if !report(done, total) { throw Cancelled() }
  }
}

extension TensorSource {
  /// Hands the values of an array leaf to `body` in pieces of at most `chunk` bytes.
  public func withChunks(
    of leaf: LeafID, chunk: Int = 1 << 20, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let unit = max(1, tree.dtype(of: leaf).bytesPerBlock)
    let size = max(unit, min(chunk, tree.byteCount(of: leaf)) / unit * unit)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    var reader = try reader(for: leaf)
    while true {
      let count = try reader.read(into: buffer)
      if count == 0 { return }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// All values of an array leaf in canonical form. For small arrays: everything is in memory.
  public func bytes(of leaf: LeafID) throws -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(tree.byteCount(of: leaf))
    try withChunks(of: leaf) { result.append(contentsOf: $0) }
    return result
  }
}

/// A reader over bytes in memory that are in canonical form already.
public struct BufferReader: TensorReader {
  private let bytes: ArraySlice<UInt8>
  private var position = 0

  /// A reader of elements in C order, little-endian.
  public init(_ bytes: some Collection<UInt8>) { self.bytes = ArraySlice(Array(bytes)) }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - position)
    guard count > 0 else { return 0 }
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[position..<position + count]))
    }
    position += count
    return count
  }
}

/// A reader of `count` zero bytes.
public struct ZeroReader: TensorReader {
  private var left: Int

  /// A reader that gives as many bytes.
  public init(byteCount: Int) { left = byteCount }

  public mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, left)
    if count > 0 {
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).initializeMemory(
        as: UInt8.self, repeating: 0)
    }
    left -= count
    return count
  }
}
