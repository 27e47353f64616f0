import EspalierTree

/// Whether a later path of a storage gives what was loaded.
enum TieAgreement {
  case agrees
  /// Values would have to be read, and there are none.
  case unknown
  case differs(TieConflict, Verdict)
}

extension Planner {
  func agreement(
    of later: TieMember, with loaded: [TieMember], _ work: inout ReadWork
  ) throws -> TieAgreement {
    var isUnknown = false
    for first in loaded where !agreeWithoutValues(first, later) {
      guard let difference = try compare(first, later, &work) else {
        isUnknown = isUnknown || values == nil
        continue
      }
      return .differs(
        TieConflict(
          first: first.view.leaf, firstSource: first.isZero ? nil : sourceLeaf(first),
          element: difference.element, loaded: difference.first, other: difference.second),
        first.isZero != later.isZero ? .tiedBoolAndArray : .tiedSourcesDiffer)
    }
    return isUnknown ? .unknown : .agrees
  }

  private func sourceLeaf(_ member: TieMember) -> LeafID? {
    member.row.flatMap { alignment.sourceLeaf($0) }
  }

  /// Whether the sources of two paths are one array, seen in the way that the paths see theirs.
  private func agreeWithoutValues(_ first: TieMember, _ later: TieMember) -> Bool {
    if first.isZero && later.isZero { return true }
    guard !first.isZero, !later.isZero, let a = sourceLeaf(first), let b = sourceLeaf(later) else {
      return false
    }
    if source.isSameArray(a, b) { return first.view.hasSameLayout(as: later.view) }
    guard let x = source.array(a), let y = source.array(b), x.storage != nil,
      x.storage == y.storage, x.dtype == y.dtype
    else { return false }
    let (from, to) = (TieView(source, a), TieView(source, b))
    if let wanted = later.view.rebased(onto: first.view) {
      return to.rebased(onto: from) == wanted
    }
    return first.view.rebased(onto: later.view).map { $0 == from.rebased(onto: to) } ?? false
  }

  /// The first element of `later` that would receive another value than was loaded.
  private func compare(
    _ first: TieMember, _ later: TieMember, _ work: inout ReadWork
  ) throws -> Difference? {
    guard values != nil else { return nil }
    let stream = ValueStream(alignment, source: values)
    let (a, b) = (first.view, later.view)
    var meter = work
    defer { work = meter }
    let open = { (member: TieMember) in
      try stream.reader(row: member.row ?? 0, member.verdict)
    }
    if a.hasSameLayout(as: b) {
      return try firstDifference(open(first), open(later), b.dtype) { try meter.did($0) }
    }
    if let layout = b.rebased(onto: a), let view = strided(b, layout, over: { try open(first) }) {
      return try firstDifference(view, open(later), b.dtype) { try meter.did($0) }
    }
    if let layout = a.rebased(onto: b), let view = strided(a, layout, over: { try open(later) }) {
      let found = try firstDifference(open(first), view, b.dtype) { try meter.did($0) }
      // Counted in the order of the first array: said in that of the later one.
      return found.map {
        Difference(
          element: element($0.element, of: Shape(a.shape), in: layout), first: $0.first,
          second: $0.second)
      }
    }
    return try compareOverlap(first, later, open)
  }

  /// The place of an element, counted in C order, in a layout.
  private func element(_ element: Int, of shape: Shape, in layout: Layout) -> Int {
    var place = layout.offset()
    var rest = element
    let strides = layout.strides(for: shape)
    for axis in shape.dimensions.indices.reversed() {
      place += rest % shape.dimensions[axis] * strides[axis]
      rest /= shape.dimensions[axis]
    }
    return place
  }

  /// Two arrays that share a part of their memory: the part is held in memory.
  private func compareOverlap(
    _ first: TieMember, _ later: TieMember, _ open: (TieMember) throws -> any TensorReader
  ) throws -> Difference? {
    let (a, b) = (first.view, later.view)
    var image = StorageImage(a.bytes.clamped(to: b.bytes))
    try image.write(a, open(first))
    var reader = try open(later)
    return try image.firstDifference(b, &reader)
  }
}

/// An array inside the values of another one, read in canonical order.
func strided(
  _ view: TieView, _ layout: Layout, over open: @escaping () throws -> any TensorReader
) -> (any TensorReader)? {
  let storage = SequentialStorage(open)
  return StridedReader(ArrayDescription(view.dtype, Shape(view.shape), layout: layout)) {
    try storage.fetch($0, $1)
  }
}
