import EspalierTree

/// Values of one array in numbers. What has no value, as the mean of no elements, is NaN.
public struct Statistics: Equatable, Sendable {
  /// Elements, whatever their value.
  public var count: Int
  /// Of the finite elements, as are mean and deviation.
  public var minimum: Double
  /// The largest finite element.
  public var maximum: Double
  /// The mean of the finite elements.
  public var mean: Double
  /// Of the elements as the whole, not a sample of it.
  public var deviation: Double
  /// Elements equal to zero, `-0.0` among them.
  public var zeros: Int
  /// Elements that are not a number.
  public var nans: Int
  /// Elements that are infinite, of either sign.
  public var infinities: Int
  /// Counts of the finite elements in equal steps from minimum to maximum.
  public var histogram: [Int]

  /// Statistics that were computed elsewhere.
  public init(
    count: Int, minimum: Double, maximum: Double, mean: Double, deviation: Double, zeros: Int,
    nans: Int, infinities: Int, histogram: [Int]
  ) {
    self.count = count
    self.minimum = minimum
    self.maximum = maximum
    self.mean = mean
    self.deviation = deviation
    self.zeros = zeros
    self.nans = nans
    self.infinities = infinities
    self.histogram = histogram
  }
}

/// Reads an array for its extent and, where a histogram is wanted, once more for that. Memory does
/// not grow with the array.
///
/// - Throws: ``NoValues`` where the elements are not real numbers (strings, complex numbers, blocks
///   of quantised ones), ``Cancelled`` when the monitor says so, and what reading throws.
public func statistics(
  of leaf: LeafID, in source: any TensorSource, bins: Int = 32, monitor: ProgressMonitor = .none
) throws -> Statistics {
  let tree = source.tree
  let dtype = tree.dtype(of: leaf)
  guard tree.kind(of: leaf) == .array, dtype.kind != .complex,
    Conversion.exists(from: dtype, to: .f64)
  else {
    throw NoValues(tree.path(of: leaf), reason: "\(dtype) values are not numbers to count")
  }
  let total = (bins > 0 ? 2 : 1) * max(1, tree.byteCount(of: leaf))
  var numbers: [Double] = []
  var done = 0
  func pass(_ each: (Double) -> Void) throws {
    try source.withChunks(of: leaf) { chunk in
      let count = chunk.count / dtype.bytesPerBlock
      if numbers.count < count { numbers = [Double](repeating: 0, count: count) }
      numbers.withUnsafeMutableBytes {
        _ = Conversion.convert(chunk, dtype, to: $0, .f64, count: count)
      }
      for index in 0..<count { each(numbers[index]) }
      done += chunk.count
      try monitor.check(done, of: total)
    }
  }
  var extent = Extent()
  try pass { extent.add($0) }
  var histogram = [Int](repeating: 0, count: max(0, bins))
  if bins > 0 {
    let width = extent.maximum - extent.minimum
    try pass { value in
      guard value.isFinite else { return }
      // A width beyond all numbers leaves everything in the first bin.
      let place = width > 0 && width.isFinite ? (value - extent.minimum) / width * Double(bins) : 0
      histogram[min(bins - 1, max(0, Int(place)))] += 1
    }
  }
  return extent.statistics(histogram)
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
