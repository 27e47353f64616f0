/// The distinct shapes of a tree, each stored once with its element count.
struct ShapeInterner {
  private(set) var dimensions = ContiguousArray<Int>()
  private(set) var ends = ContiguousArray<UInt32>()
  private var counts = ContiguousArray<Int>()
  private var index = ProbeTable()
  private var last: Int32 = -1

  mutating func intern(_ shape: [Int]) -> Int32? { shape.withUnsafeBufferPointer { intern($0) } }

  /// The number of a shape; nil when there are too many, or its product overflows.
  mutating func intern(_ shape: UnsafeBufferPointer<Int>) -> Int32? {
    if last >= 0, matches(last, shape) { return last }
    let hash = mixHash(UnsafeRawBufferPointer(shape), seed: 0x5EED)
    var probe = index.probe(hash)
    while let found = index.next(&probe) {
      guard matches(found, shape) else { continue }
      last = found
      return found
    }
    guard dimensions.count + shape.count <= Int(UInt32.max), ends.count < Int(Int32.max),
      let count = Shape(shape).elementCount
    else { return nil }
    dimensions.append(contentsOf: shape)
    ends.append(UInt32(dimensions.count))
    counts.append(count)
    last = Int32(ends.count - 1)
    index.insert(last, hash: hash)
    return last
  }

  func elementCount(_ number: Int32) -> Int? {
    counts.indices.contains(Int(number)) ? counts[Int(number)] : nil
  }

  private func matches(_ number: Int32, _ shape: UnsafeBufferPointer<Int>) -> Bool {
    let start = number == 0 ? 0 : Int(ends[Int(number) - 1])
    let end = Int(ends[Int(number)])
    guard end - start == shape.count else { return false }
    for axis in 0..<shape.count where dimensions[start + axis] != shape[axis] { return false }
    return true
  }
}
