import EspalierTree

/// Where two arrays differ first.
struct Difference {
  /// Counted in C order.
  let element: Int
  let first: String
  let second: String
}

/// The first element at which two streams of one element type differ, nil when they are equal.
///
/// Elements are equal when their bits are, when both are NaN, or when they are numerically equal
/// (`-0.0` and `0.0`).
func firstDifference(
  _ a: any TensorReader, _ b: any TensorReader, _ dtype: DType,
  read: (_ bytes: Int) throws -> Void = { _ in }
) throws -> Difference? {
  let size = max(1, (1 << 18) / dtype.bytesPerBlock) * dtype.bytesPerBlock
  let left = Scratch(byteCount: size)
  let right = Scratch(byteCount: size)
  var (a, b) = (a, b)
  var done = 0
  while true {
    let x = try fill(&a, left.bytes)
    let y = try fill(&b, right.bytes)
    if let found = firstDifference(x, y, dtype) {
      return Difference(
        element: done + found, first: elementText(x, dtype, found),
        second: elementText(y, dtype, found))
    }
    if x.isEmpty || y.isEmpty { return nil }
    done += x.count / dtype.bytesPerBlock * dtype.elementsPerBlock
    try read(x.count)
  }
}

private func fill(
  _ reader: inout any TensorReader, _ buffer: UnsafeMutableRawBufferPointer
) throws -> UnsafeRawBufferPointer {
  var done = 0
  while done < buffer.count {
    let count = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
    if count == 0 { break }
    done += count
  }
  return UnsafeRawBufferPointer(rebasing: buffer[..<done])
}

/// The same within two blocks.
func firstDifference(
  _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ dtype: DType
) -> Int? {
  let size = dtype.bytesPerBlock
  let count = min(a.count, b.count) / size
  if a.elementsEqual(b) { return nil }
  for block in 0..<count {
    let x = UnsafeRawBufferPointer(rebasing: a[block * size..<(block + 1) * size])
    let y = UnsafeRawBufferPointer(rebasing: b[block * size..<(block + 1) * size])
    if x.elementsEqual(y) { continue }
    for element in 0..<dtype.elementsPerBlock where !isEqual(x, y, dtype, element) {
      return block * dtype.elementsPerBlock + element
    }
  }
  return nil
}

/// Whether one element of two blocks with different bits is equal all the same.
private func isEqual(
  _ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer, _ dtype: DType, _ element: Int
) -> Bool {
  switch dtype.kind {
  case .float, .complex, .bool:
    guard let x = numbers(a, dtype, element), let y = numbers(b, dtype, element) else {
      return false
    }
    return zip(x, y).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
  case .integer, .quantised, .text: return false
  }
}

/// Real and imaginary part of an element as doubles, exact for every float type.
private func numbers(
  _ block: UnsafeRawBufferPointer, _ dtype: DType, _ element: Int
) -> [Double]? {
  let isComplex = dtype.kind == .complex
  var parts = [Double](repeating: 0, count: (isComplex ? 2 : 1) * dtype.elementsPerBlock)
  let loss = parts.withUnsafeMutableBytes {
    Conversion.convert(
      block, dtype, to: $0, isComplex ? .c128 : .f64, count: dtype.elementsPerBlock)
  }
  guard loss != nil else { return nil }
  return isComplex ? parts : [parts[element]]
}

/// One element as text.
func elementText(_ bytes: UnsafeRawBufferPointer, _ dtype: DType, _ element: Int) -> String {
  let size = dtype.bytesPerBlock
  let start = element / dtype.elementsPerBlock * size
  guard start + size <= bytes.count else { return "?" }
  let block = UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])
  switch dtype {
  case .bool: return block[0] == 0 ? "false" : "true"
  case .u64: return String(block.loadUnaligned(as: UInt64.self))
  case _ where dtype.kind == .integer:
    var value: Int64 = 0
    _ = withUnsafeMutableBytes(of: &value) {
      Conversion.convert(block, dtype, to: $0, .i64, count: 1)
    }
    return String(value)
  default: break
  }
  guard let parts = numbers(block, dtype, element % dtype.elementsPerBlock) else {
    return "0x" + block.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
  return parts.count == 1 ? "\(parts[0])" : "\(parts[0])\(parts[1] < 0 ? "" : "+")\(parts[1])i"
}
