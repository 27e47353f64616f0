import EspalierTree

/// Reads an array that is stored in parts (a partitioned variable) in C order of the whole.
struct SlicedReader: TensorReader {
  typealias Part = (box: ArrayBox, values: StoredValues)

  private enum Bytes {
    case file(ByteRegion)
    case memory([UInt8])
  }

  private let shape: [Int]
  private let itemSize: Int
  private let name: TreePath
  private let parts: [(box: ArrayBox, bytes: Bytes)]
  private let count: Int
  /// Of the next element.
  private var position = 0

  /// Checks the sums of the parts, which reads them once.
  init(_ array: ArrayDescription, _ parts: [Part], name: TreePath) throws {
    shape = array.shape.dimensions
    itemSize = array.dtype.bytesPerBlock
    count = array.elementCount ?? 0
    self.name = name
    self.parts = try parts.map { part in
      guard case .file(let region) = part.values.place, case .plain = part.values.encoding,
        !part.values.isBigEndian
      else { return (part.box, .memory(try part.values.bytes())) }
      var reader = try part.values.reader()
      try Self.drain(&reader)
      return (part.box, .file(region))
    }
  }

  private static func drain(_ reader: inout any TensorReader) throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while try buffer.withUnsafeMutableBytes({ try reader.read(into: $0) }) > 0 {}
  }

  var remainingBytes: Int? { (count - position) * itemSize }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count / max(1, itemSize), count - position)
    var done = 0
    while done < wanted {
      guard let run = nextRun() else {
        throw NoValues(name, reason: "no part of it holds the element \(position)")
      }
      let take = min(run.count, wanted - done)
      let target = UnsafeMutableRawBufferPointer(
        rebasing: buffer[done * itemSize..<(done + take) * itemSize])
      try fill(target, from: parts[run.part].bytes, at: run.element * itemSize)
      done += take
      position += take
    }
    return done * itemSize
  }

  private func fill(
    _ target: UnsafeMutableRawBufferPointer, from bytes: Bytes, at offset: Int
  ) throws {
    switch bytes {
    case .file(let region): try region.read(at: offset, into: target)
    case .memory(let bytes):
      guard offset <= bytes.count - target.count else {
        throw NoValues(name, reason: "a part of it is too short")
      }
      bytes.withUnsafeBytes {
        target.copyMemory(from: .init(rebasing: $0[offset..<offset + target.count]))
      }
    }
  }

  /// The part that holds the next element, where there, and how many follow one another there.
  private func nextRun() -> (part: Int, element: Int, count: Int)? {
    var index = [Int](repeating: 0, count: shape.count)
    var rest = position
    for axis in shape.indices.reversed() where shape[axis] > 0 {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    for (number, part) in parts.enumerated() where holds(part.box, index) {
      var element = 0
      for axis in shape.indices {
        element = element * part.box.extent[axis] + index[axis] - part.box.start[axis]
      }
      return (number, element, run(in: part.box, from: index))
    }
    return nil
  }

  private func holds(_ box: ArrayBox, _ index: [Int]) -> Bool {
    shape.indices.allSatisfy {
      index[$0] >= box.start[$0] && index[$0] - box.start[$0] < box.extent[$0]
    }
  }

  /// As far as the box goes along the last axes that it has all of, and the one before them.
  private func run(in box: ArrayBox, from index: [Int]) -> Int {
    var below = 1
    var within = 0
    for axis in shape.indices.reversed() {
      within += (index[axis] - box.start[axis]) * below
      below *= box.extent[axis]
      if box.extent[axis] != shape[axis] { break }
    }
    return below - within
  }
}
