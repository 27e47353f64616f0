/// The logical dimensions of an array, as the framework that wrote it shows them.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// The number of elements along each axis; none for a scalar.
  public var dimensions: [Int]

  /// A shape with these dimensions.
  public init(_ dimensions: some Sequence<Int>) { self.dimensions = Array(dimensions) }
  public init(arrayLiteral elements: Int...) { dimensions = elements }

  /// The number of axes, 0 for a scalar.
  public var rank: Int { dimensions.count }

  /// The number of elements, or nil when a dimension is negative or the product overflows.
  public var elementCount: Int? {
    // A zero anywhere makes the product zero, whatever the others would overflow to.
    guard dimensions.allSatisfy({ $0 >= 0 }) else { return nil }
    if dimensions.contains(0) { return 0 }
    var product = 1
    for dimension in dimensions {
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      if overflow { return nil }
      product = next
    }
    return product
  }

  /// Strides in elements of a contiguous array with this shape.
  public func contiguousStrides(_ order: MemoryOrder) -> [Int] {
    var strides = [Int](repeating: 1, count: rank)
    var step = 1
    for axis in order == .row ? Array((0..<rank).reversed()) : Array(0..<rank) {
      strides[axis] = step
      step = step.multipliedReportingOverflow(by: max(1, dimensions[axis])).partialValue
    }
    return strides
  }
}

extension Shape: CustomStringConvertible {
  public var description: String {
    "[" + dimensions.map(String.init).joined(separator: ", ") + "]"
  }
}

/// Which axis runs fastest in memory.
public enum MemoryOrder: UInt8, Sendable, Hashable {
  /// The last axis (C, PyTorch, numpy's default).
  case row
  /// The first axis (Julia, Fortran).
  case column

  /// The stable name, as JSON has it.
  public var name: String { self == .row ? "row" : "column" }
}

/// Where the elements of an array lie in its storage.
///
/// Offsets and strides count elements. A contiguous array that fills its storage has no explicit
/// layout, only an order.
public enum Layout: Hashable, Sendable {
  /// Without gaps, from the start of the storage to its end.
  case contiguous(MemoryOrder)
  /// From an offset, with a stride for each axis.
  case strided(offset: Int, strides: [Int])

  /// Without gaps, the last axis fastest.
  public static let row = Layout.contiguous(.row)

  /// Elements before the first one.
  public func offset() -> Int {
    if case .strided(let offset, _) = self { return offset }
    return 0
  }

  /// Elements from one index to the next, for each axis.
  public func strides(for shape: Shape) -> [Int] {
    switch self {
    case .contiguous(let order): return shape.contiguousStrides(order)
    case .strided(_, let strides): return strides
    }
  }

  /// Row or column when the strides are those of a contiguous array, row otherwise.
  public func order(for shape: Shape) -> MemoryOrder {
    switch self {
    case .contiguous(let order): return order
    case .strided(_, let strides):
      let columns = shape.contiguousStrides(.column)
      return strides == columns && strides != shape.contiguousStrides(.row) ? .column : .row
    }
  }

  /// The range of storage elements that an array with this layout touches, or nil when a product
  /// overflows or an index would be negative. Empty arrays touch nothing.
  public func footprint(of shape: Shape) -> Range<Int>? {
    guard let count = shape.elementCount else { return nil }
    switch self {
    case .contiguous: return 0..<count
    case .strided(let offset, let strides):
      guard offset >= 0, strides.count == shape.rank else { return nil }
      if count == 0 { return offset..<offset }
      var low = offset
      var high = offset
      for (dimension, stride) in zip(shape.dimensions, strides) {
        let (reach, overflow) = (dimension - 1).multipliedReportingOverflow(by: stride)
        if overflow { return nil }
        let (sum, overflow2) = (reach < 0 ? low : high).addingReportingOverflow(reach)
        if overflow2 { return nil }
        if reach < 0 { low = sum } else { high = sum }
      }
      guard low >= 0, high < Int.max else { return nil }
      return low..<high + 1
    }
  }

  /// Whether no two indices lead to one element, as far as strides that nest can tell.
  package func isOneToOne(in shape: Shape) -> Bool {
    var reach = 0
    let axes = zip(shape.dimensions, strides(for: shape)).filter { $0.0 > 1 }
    for (dimension, stride) in axes.sorted(by: { $0.1.magnitude < $1.1.magnitude }) {
      guard stride.magnitude > reach, let step = Int(exactly: stride.magnitude) else {
        return false
      }
      let (length, overflow) = (dimension - 1).multipliedReportingOverflow(by: step)
      let (sum, overflow2) = reach.addingReportingOverflow(length)
      if overflow || overflow2 { return false }
      reach = sum
    }
    return true
  }
}
