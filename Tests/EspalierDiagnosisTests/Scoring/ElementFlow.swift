import EspalierDiagnosis

/// Follows single elements backwards through an operation: which element of which source does an
/// element of the destination come from?
struct ElementFlow {
  /// An element of a source, by flat row-major position; nil for entries that keep initial values.
  struct Origin: Hashable {
    var source: Int
    var element: Int
  }

  private let shapes: [[Int]]
  private let before: [Step]
  private let join: Step?
  private let after: [Step]

  init(_ operation: Operation, shapes: [[Int]]) {
    self.shapes = shapes
    let steps = operation.steps.filter { $0 != .dequantise }
    let at = steps.firstIndex {
      if case .concat = $0 { true } else if case .stack = $0 { true } else { false }
    }
    if let at {
      before = Array(steps.prefix(at))
      join = steps[at]
      after = Array(steps.suffix(from: at + 1))
    } else {
      before = []
      join = nil
      after = steps
    }
  }

  /// Shape that the operation gives, nil where a step does not fit.
  var shape: [Int]? {
    guard let joined = joinedShape else { return nil }
    return chain(after, joined)?.last
  }

  func origin(_ element: Int) -> Origin?? {
    guard let joined = joinedShape, let forward = chain(after, joined),
      let middle = back(element, after, forward)
    else { return nil }
    guard let middle else { return .some(nil) }
    guard let join else { return .some(Origin(source: 0, element: middle)) }
    guard let (source, inside) = part(middle, join, joined),
      let own = chain(before, shapes[source]),
      let found = back(inside, before, own)
    else { return nil }
    return found.map { .some(Origin(source: source, element: $0)) } ?? .some(nil)
  }

  private var pieceShapes: [[Int]]? {
    var out: [[Int]] = []
    for shape in shapes {
      guard let last = chain(before, shape)?.last else { return nil }
      out.append(last)
    }
    return out
  }

  private var joinedShape: [Int]? {
    guard let pieces = pieceShapes, let first = pieces.first else { return nil }
    switch join {
    case .concat(let axis):
      guard axis < first.count else { return nil }
      var shape = first
      shape[axis] = pieces.map { $0.indices.contains(axis) ? $0[axis] : 0 }.reduce(0, +)
      return shape
    case .stack(let axis):
      guard axis <= first.count else { return nil }
      var shape = first
      shape.insert(pieces.count, at: axis)
      return shape
    default: return first
    }
  }

  private func part(_ element: Int, _ join: Step, _ shape: [Int]) -> (Int, Int)? {
    guard let pieces = pieceShapes else { return nil }
    var place = unflatten(element, shape)
    switch join {
    case .concat(let axis):
      for (source, piece) in pieces.enumerated() {
        if place[axis] < piece[axis] { return (source, flatten(place, piece)) }
        place[axis] -= piece[axis]
      }
      return nil
    case .stack(let axis):
      let source = place.remove(at: axis)
      return pieces.indices.contains(source) ? (source, flatten(place, pieces[source])) : nil
    default: return nil
    }
  }

  /// Shapes before each step and after the last.
  private func chain(_ steps: [Step], _ start: [Int]) -> [[Int]]? {
    var shapes = [start]
    for step in steps {
      guard let next = forward(step, shapes[shapes.count - 1]) else { return nil }
      shapes.append(next)
    }
    return shapes
  }

  private func forward(_ step: Step, _ shape: [Int]) -> [Int]? {
    var out = shape
    switch step {
    case .transpose:
      guard shape.count >= 2 else { return nil }
      out.swapAt(shape.count - 1, shape.count - 2)
    case .permute(let axes):
      guard axes.sorted() == Array(shape.indices) else { return nil }
      out = axes.map { shape[$0] }
    case .reshape(let dims):
      let total = shape.reduce(1, *)
      let known = dims.filter { $0 >= 0 }.reduce(1, *)
      out = dims.map { $0 < 0 ? total / max(known, 1) : $0 }
      guard out.reduce(1, *) == total else { return nil }
    case .split(let axis, _, let of):
      guard axis < shape.count, shape[axis] % of == 0 else { return nil }
      out[axis] /= of
    case .slice(let axis, let start, let stop):
      guard axis < shape.count, stop <= shape[axis], start <= stop else { return nil }
      out[axis] = stop - start
    case .index(let axis, let at):
      guard axis < shape.count, at < shape[axis] else { return nil }
      out.remove(at: axis)
    case .take(let axis, let order):
      guard axis < shape.count else { return nil }
      out[axis] = order.count
    case .pad(let axis, let size):
      guard axis < shape.count, size >= shape[axis] else { return nil }
      out[axis] = size
    case .flip, .identity, .rename, .cast, .tie: break
    default: return nil
    }
    return out
  }

  /// nil: does not fit; .some(nil): an entry that is not filled.
  private func back(_ element: Int, _ steps: [Step], _ shapes: [[Int]]) -> Int?? {
    var at = element
    for (number, step) in steps.enumerated().reversed() {
      let from = shapes[number]
      var place = unflatten(at, shapes[number + 1])
      switch step {
      case .transpose: place.swapAt(place.count - 1, place.count - 2)
      case .permute(let axes):
        var old = place
        for (new, axis) in axes.enumerated() { old[axis] = place[new] }
        place = old
      case .reshape: place = unflatten(at, from)
      case .split(let axis, let index, let of): place[axis] += index * (from[axis] / of)
      case .slice(let axis, let start, _): place[axis] += start
      case .index(let axis, let i): place.insert(i, at: axis)
      case .take(let axis, let order): place[axis] = order[place[axis]]
      case .flip(let axes): for axis in axes { place[axis] = from[axis] - 1 - place[axis] }
      case .pad(let axis, _): if place[axis] >= from[axis] { return .some(nil) }
      default: break
      }
      at = flatten(place, from)
    }
    return .some(at)
  }

  private func unflatten(_ element: Int, _ shape: [Int]) -> [Int] {
    var rest = element
    var place = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() where shape[axis] > 0 {
      place[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return place
  }

  private func flatten(_ place: [Int], _ shape: [Int]) -> Int {
    zip(place, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
}
