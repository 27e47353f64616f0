import Espalier
import EspalierUI

/// Reads one array twice: for its extent, then for the histogram between.
func statistics(
  of leaf: LeafID, in source: any TensorSource, monitor: ProgressMonitor
) throws -> Statistics {
  let tree = source.tree
  guard let array = tree.array(leaf), let decode = decoder(array.dtype) else {
    throw NoValues(
      tree.path(of: leaf), reason: "\(tree.dtype(of: leaf)) values are not numbers to count")
  }
  let size = array.dtype.bytesPerBlock
  let total = 2 * max(1, tree.byteCount(of: leaf))
  var extent = Extent()
  var done = 0
  func pass(_ each: (Double) -> Void) throws {
    try source.withChunks(of: leaf) { chunk in
      for offset in stride(from: 0, to: chunk.count, by: size) { each(decode(chunk, offset)) }
      done += chunk.count
      try monitor.check(done, of: total)
    }
  }
  try pass { extent.add($0) }
  var bins = [Int](repeating: 0, count: 32)
  let width = extent.maximum - extent.minimum
  try pass { value in
    guard value.isFinite else { return }
    let place = width > 0 ? (value - extent.minimum) / width * Double(bins.count) : 0
    bins[min(bins.count - 1, max(0, Int(place)))] += 1
  }
  return extent.statistics(bins)
}

private struct Extent {
  var count = 0
  var finite = 0
  var minimum = Double.infinity
  var maximum = -Double.infinity
  /// Welford's running mean and sum of squared distances: exact where plain sums cancel.
  var mean = 0.0
  var squares = 0.0
  var zeros = 0
  var nans = 0
  var infinities = 0

  mutating func add(_ value: Double) {
    count += 1
    if value.isNaN {
      nans += 1
    } else if value.isInfinite {
      infinities += 1
    } else {
      finite += 1
      if value == 0 { zeros += 1 }
      minimum = min(minimum, value)
      maximum = max(maximum, value)
      let distance = value - mean
      mean += distance / Double(finite)
      squares += distance * (value - mean)
    }
  }

  func statistics(_ bins: [Int]) -> Statistics {
    let isEmpty = finite == 0
    return Statistics(
      count: count, minimum: isEmpty ? .nan : minimum, maximum: isEmpty ? .nan : maximum,
      mean: isEmpty ? .nan : mean,
      deviation: isEmpty ? .nan : (squares / Double(finite)).squareRoot(), zeros: zeros,
      nans: nans, infinities: infinities, histogram: bins)
  }
}

/// How an element becomes a number; nil where it is none.
private func decoder(_ dtype: DType) -> ((UnsafeRawBufferPointer, Int) -> Double)? {
  func whole<I: FixedWidthInteger>(_ type: I.Type) -> (UnsafeRawBufferPointer, Int) -> Double {
    { Double(I(littleEndian: $0.loadUnaligned(fromByteOffset: $1, as: I.self))) }
  }
  switch dtype {
  case .bool, .u8: return whole(UInt8.self)
  case .i8: return whole(Int8.self)
  case .u16: return whole(UInt16.self)
  case .i16: return whole(Int16.self)
  case .u32: return whole(UInt32.self)
  case .i32: return whole(Int32.self)
  case .u64: return whole(UInt64.self)
  case .i64: return whole(Int64.self)
  case .f32:
    return { Double(Float(bitPattern: $0.loadUnaligned(fromByteOffset: $1, as: UInt32.self))) }
  case .f64: return { Double(bitPattern: $0.loadUnaligned(fromByteOffset: $1, as: UInt64.self)) }
  case .f16:
    return { Double(Float16(bitPattern: $0.loadUnaligned(fromByteOffset: $1, as: UInt16.self))) }
  case .bf16:
    return { bytes, offset in
      let bits = UInt32(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) << 16
      return Double(Float(bitPattern: bits))
    }
  default: return nil
  }
}
