import EspalierTree

/// Reads an array from its chunks, box by box in C order.
struct ZarrReader: TensorReader {
  private let chunks: ZarrChunks
  private let plan: ArrayBoxPlan
  private let elements: Int
  private var element = 0
  private var box: [UInt8] = []
  private var used = 0

  private static let boxLimit = 1 << 20

  init(_ chunks: ZarrChunks) {
    self.chunks = chunks
    let shape = chunks.array.shape
    plan = ArrayBoxPlan(
      shape: shape, limit: Self.boxLimit, unit: shape.isEmpty ? nil : chunks.array.chunk)
    elements = Shape(shape).elementCount ?? 0
  }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < buffer.count {
      if used == box.count {
        guard element < elements else { break }
        try readBox()
      }
      let count = min(buffer.count - done, box.count - used)
      box.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[used..<used + count]))
      }
      done += count
      used += count
    }
    return done
  }

  private mutating func readBox() throws(CheckpointError) {
    let next = plan.box(at: element)
    let count = product(next.extent) ?? 0
    box = try chunks.read(next, elements: count)
    used = 0
    element += count
  }
}
