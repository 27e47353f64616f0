import EspalierDiagnosis
import EspalierTree

/// Steps that only move elements, turned round.
enum StepsBack {
  /// The shape before each step and after the last; nil where one does not fit.
  static func shapes(_ shape: [Int], _ steps: [Step]) -> [[Int]]? {
    var node = ValueNode(.f32, shape, .leaf(LeafID(0)))
    var shapes = [shape]
    for step in steps {
      if case .pad(let axis, let size) = step {
        var grown = node.shape
        guard let own = try? node.checked(axis), size >= grown[own] else { return nil }
        grown[own] = size
        node = ValueNode(.f32, grown, .leaf(LeafID(0)))
      } else {
        guard let next = try? Compiler.moved(node, step) else { return nil }
        node = next
      }
      shapes.append(node.shape)
    }
    return shapes
  }

  /// Steps that lead back, the last one first.
  static func inverses(_ steps: [Step], _ shape: [Int]) -> [Step]? {
    guard let shapes = shapes(shape, steps) else { return nil }
    var back: [Step] = []
    for (step, before) in zip(steps, shapes).reversed() {
      guard let inverse = inverse(step, before) else { return nil }
      back.append(inverse)
    }
    return back
  }

  static func inverse(_ step: Step, _ before: [Int]) -> Step? {
    switch step {
    case .transpose, .flip: return step
    case .permute(let axes):
      var back = axes
      for (place, axis) in axes.enumerated() where axes.indices.contains(axis) {
        back[axis] = place
      }
      return .permute(back)
    case .reshape: return .reshape(before)
    case .pad(let axis, _):
      let own = axis < 0 ? axis + before.count : axis
      guard before.indices.contains(own) else { return nil }
      return .slice(axis: own, start: 0, stop: before[own])
    case .take(let axis, let order):
      let own = axis < 0 ? axis + before.count : axis
      guard order.sorted() == Array(order.indices), before.indices.contains(own),
        before[own] == order.count
      else { return nil }
      var back = order
      for (place, from) in order.enumerated() { back[from] = place }
      return .take(axis: axis, order: back)
    default: return nil
    }
  }
}

extension Step {
  var isJoin: Bool {
    switch self {
    case .concat, .stack: true
    default: false
    }
  }

  var isCut: Bool {
    switch self {
    case .split, .slice, .index: true
    default: false
    }
  }
}
