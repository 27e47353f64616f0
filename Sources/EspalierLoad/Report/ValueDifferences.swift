import EspalierTree

/// Pairs of arrays with one shape whose values differ, found by reading both sides.
public struct ValueDifferences: Sendable {
  /// By row: the first element that differs, in C order, and both values.
  public private(set) var byRow: [Int: First] = [:]

  /// The first place at which two arrays differ.
  public struct First: Sendable, Hashable {
    /// The index of the element in C order.
    public let element: Int
    /// The destination's value there, as text.
    public let destination: String
    /// The source's value there, converted to the destination's element type, as text.
    public let source: String
  }

  /// No difference.
  public init() {}

  /// Whether the arrays of a row differ.
  public func contains(_ row: Int) -> Bool { byRow[row] != nil }
  /// Whether all values that were compared are equal.
  public var isEmpty: Bool { byRow.isEmpty }

  /// Compares the values of all pairs of arrays that have one shape. The source's are converted
  /// to the destination's element type.
  ///
  /// - Throws: what reading throws, ``Cancelled``.
  public init(
    of plan: LoadPlan, destination: any TensorSource, source: any TensorSource,
    progress: ProgressMonitor = .none
  ) throws {
    let alignment = plan.alignment
    let rows = (0..<alignment.count).filter { row in
      guard let a = alignment.destinationLeaf(row), let b = alignment.sourceLeaf(row),
        alignment.destination.kind(of: a) == .array, alignment.source.kind(of: b) == .array,
        destination.hasValues(a), source.hasValues(b)
      else { return false }
      return alignment.destination.shape(of: a) == alignment.source.shape(of: b)
        && Conversion.exists(
          from: alignment.source.dtype(of: b), to: alignment.destination.dtype(of: a))
    }
    let sizes = rows.map { row in
      alignment.destinationLeaf(row).map { alignment.destination.byteCount(of: $0) } ?? 0
    }
    var work = ReadWork(total: sizes.reduce(0, &+), progress: progress)
    let stream = ValueStream(alignment, source: source)
    for (row, size) in zip(rows, sizes) {
      guard let leaf = alignment.destinationLeaf(row) else { continue }
      let before = work.done
      let difference = try firstDifference(
        destination.reader(for: leaf), stream.reader(row: row, .convert),
        alignment.destination.dtype(of: leaf)
      ) { try work.did($0) }
      if let difference {
        byRow[row] = First(
          element: difference.element, destination: difference.first, source: difference.second)
      }
      try work.did(max(0, size - (work.done - before)))
    }
  }

  func sentence(_ plan: LoadPlan, _ row: Int) -> String? {
    guard let first = byRow[row], let leaf = plan.alignment.destinationLeaf(row) else { return nil }
    let index = elementIndex(first.element, of: plan.alignment.destination.shape(of: leaf))
    return "values differ: \(plan.facts(row)); at element \(index) the destination has "
      + "\(first.destination), the source \(first.source)"
  }
}
