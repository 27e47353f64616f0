import EspalierLoad
import EspalierTree

/// The values of a node as 32-bit floating point numbers.
final class FloatStream {
  private var reader: any TensorReader
  private(set) var left: Int

  init(_ node: ValueNode, _ context: ReadContext) throws {
    let opened = try context.open(node)
    reader =
      node.dtype == .f32
      ? opened
      : ConvertingReader(opened, from: node.dtype, to: .f32, elements: node.elementCount)
    left = node.elementCount
  }

  /// The next values, at most `limit`; empty at the end.
  func next(_ limit: Int) throws -> [Float] {
    let count = min(limit, left)
    var values = [Float](repeating: 0, count: count)
    try values.withUnsafeMutableBytes { try reader.fillAll($0) }
    left -= count
    return values
  }

  /// All values. For scales and other small tables.
  static func all(_ node: ValueNode, _ context: ReadContext) throws -> [Float] {
    let stream = try FloatStream(node, context)
    var values: [Float] = []
    while stream.left > 0 { values += try stream.next(1 << 18) }
    return values
  }
}

extension TensorReader {
  /// Fills the buffer; throws where the values end before.
  mutating func fillAll(_ buffer: UnsafeMutableRawBufferPointer) throws {
    guard try fill(buffer) == buffer.count else { throw SequentialStorage.EndOfValues() }
  }
}

/// The values of a node as whole numbers, from any integer type; bits above 32 are cut.
enum Words {
  static func all(_ node: ValueNode, _ context: ReadContext) throws -> [UInt32] {
    let stream = try WordStream(node, context)
    var values: [UInt32] = []
    while stream.left > 0 { values += try stream.next(min(stream.left, 1 << 18)) }
    return values
  }
}

/// A stream of 32-bit words from packed integers, bit patterns as they are.
final class WordStream {
  private var reader: any TensorReader
  private let size: Int
  private(set) var left: Int

  init(_ node: ValueNode, _ context: ReadContext) throws {
    reader = try context.open(node)
    size = node.dtype.bytesPerBlock
    left = node.elementCount
  }

  /// The next bytes of a stream of bytes, whatever their type is called.
  func nextBytes(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try reader.fillAll($0) }
    left -= min(left, count / max(size, 1))
    return bytes
  }

  func next(_ count: Int) throws -> [UInt32] {
    guard count <= left else { throw SequentialStorage.EndOfValues() }
    let bytes = try nextBytes(count * size)
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map { place in
        switch size {
        case 1: UInt32(bytes[place])
        case 2: UInt32(bytes.loadUnaligned(fromByteOffset: place * 2, as: UInt16.self))
        case 4: bytes.loadUnaligned(fromByteOffset: place * 4, as: UInt32.self)
        default:
          UInt32(
            truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: place * size, as: UInt64.self))
        }
      }
    }
  }
}

/// Hands out computed values as bytes, piece by piece.
struct ComputedReader: TensorReader {
  /// Computes the next values; empty at the end.
  private let next: () throws -> [Float]
  private var held: [Float] = []
  /// Bytes of `held` that have been handed out.
  private var at = 0

  init(_ next: @escaping () throws -> [Float]) { self.next = next }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      if at == held.count * 4 {
        held = try next()
        at = 0
        if held.isEmpty { break }
      }
      let count = min(buffer.count - done, held.count * 4 - at)
      held.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
      }
      at += count
      done += count
    }
    return done
  }

  static let pieceCount = 1 << 18
}
