import EspalierDiagnosis
import EspalierTree

/// `resize`: a position table at another length or on another grid, interpolated as the models'
/// own code does it: cubic on a square grid, with up to two places in front (class, distillation) as
/// they are; otherwise linear along the length. Ends are half a step from the first and last place.
struct ResizeStep: Computation {
  /// Elements before and behind the axes that change.
  let outer: Int
  let inner: Int
  let plan: Plan

  enum Plan: Sendable, Hashable {
    case line(from: Int, to: Int)
    /// Places in front that are kept, height and width.
    case grid(kept: Int, from: [Int], to: [Int])

    var sentence: String {
      switch self {
      case .line(let from, let to): return "linear from \(from) to \(to) places"
      case .grid(let kept, let from, let to):
        let more = kept == 0 ? "" : ", \(counted(kept, "place")) in front kept"
        return
          "cubic on a grid, \(from[0]) × \(from[1]) to \(to[0]) × \(to[1])\(more)"
      }
    }
  }

  private static let elementLimit = 1 << 26

  static func node(
    _ part: Part, _ steps: ComputedSteps, _ target: [Int]
  ) throws(StepError) -> ValueNode {
    let shape = part.shape
    let axes = shape.count == target.count ? shape.indices.filter { shape[$0] != target[$0] } : []
    guard let first = axes.first, let last = axes.last, last - first < 2,
      shape.count >= (first == last ? 2 : 3),
      target.allSatisfy({ $0 > 0 }), part.node.dtype.isWholeBytes
    else {
      throw StepError(
        found: "the shape \(Shape(shape)) for \(Shape(target))",
        expected: "a table of another length, or planes of another height and width")
    }
    guard part.node.elementCount <= elementLimit,
      Shape(target).elementCount.map({ $0 <= elementLimit }) ?? false
    else {
      throw StepError(.unsupported, found: "a table of this size", expected: "fewer elements")
    }
    let plan =
      first == last
      ? plan(shape[first], target[first], isTable: isTable(part))
      : .grid(kept: 0, from: [shape[first], shape[last]], to: [target[first], target[last]])
    steps.note("resize: \(visibleText(part.tensor.name)) is interpolated, \(plan.sentence)")
    let step = ResizeStep(
      outer: shape[..<first].reduce(1, *), inner: shape[(last + 1)...].reduce(1, *), plan: plan)
    return ValueNode(.f32, target, .computed(step, [part.node]))
  }

  /// The weight of an embedding layer is a line of places, unless it is about images.
  private static func isTable(_ part: Part) -> Bool {
    let name = String(decoding: part.tensor.name, as: UTF8.self).lowercased()
    return part.leafName == "weight" && !["vis", "image", "patch"].contains { name.contains($0) }
  }

  static func plan(_ from: Int, _ to: Int, isTable: Bool) -> Plan {
    for kept in (isTable ? 1 : 0)...2 {
      if let a = root(from - kept), let b = root(to - kept) {
        return .grid(kept: kept, from: [a, a], to: [b, b])
      }
    }
    return .line(from: from, to: to)
  }

  private static func root(_ count: Int) -> Int? {
    guard count > 0 else { return nil }
    let root = Int(Double(count).squareRoot().rounded())
    return root * root == count ? root : nil
  }

  func open(_ inputs: [ValueNode], _ context: ReadContext) throws -> any TensorReader {
    var values: [Float]? = resized(try FloatStream.all(inputs[0], context))
    return ComputedReader {
      defer { values = nil }
      return values ?? []
    }
  }

  private func resized(_ values: [Float]) -> [Float] {
    switch plan {
    case .line(let from, let to):
      return Resampling(from, to, isCubic: false).applied(to: values, outer: outer, inner: inner)
    case .grid(let kept, let from, let to):
      let (old, new) = (kept + from[0] * from[1], kept + to[0] * to[1])
      var out: [Float] = []
      out.reserveCapacity(outer * new * inner)
      for block in 0..<outer {
        let start = block * old * inner
        out += values[start..<start + kept * inner]
        let grid = Array(values[(start + kept * inner)..<(start + old * inner)])
        let high = Resampling(from[0], to[0], isCubic: true)
          .applied(to: grid, outer: 1, inner: from[1] * inner)
        out += Resampling(from[1], to[1], isCubic: true)
          .applied(to: high, outer: to[0], inner: inner)
      }
      return out
    }
  }
}

/// Which places of a line a place of the new one is made of, and with what weights.
struct Resampling {
  private let count: Int
  private let rows: [[(place: Int, weight: Float)]]

  init(_ from: Int, _ to: Int, isCubic: Bool) {
    count = from
    rows = (0..<to).map { index in
      let exact = (Double(index) + 0.5) * Double(from) / Double(to) - 0.5
      // A line is not extended beyond its ends.
      let at = isCubic ? exact : max(0, exact)
      let whole = at.rounded(.down)
      let part = at - whole
      let weights =
        isCubic
        ? (-1...2).map { Self.cubic(abs(part - Double($0))) } : [1 - part, part]
      return weights.enumerated().map { step, weight in
        let place = Int(whole) + step - (isCubic ? 1 : 0)
        return (min(max(place, 0), from - 1), Float(weight))
      }
    }
  }

  /// Keys' kernel with the slope -3/4, as image libraries have it.
  private static func cubic(_ x: Double) -> Double {
    let a = -0.75
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0
  }

  func applied(to values: [Float], outer: Int, inner: Int) -> [Float] {
    var out = [Float](repeating: 0, count: outer * rows.count * inner)
    for block in 0..<outer {
      for (row, parts) in rows.enumerated() {
        let target = (block * rows.count + row) * inner
        for (place, weight) in parts {
          let source = (block * count + place) * inner
          for index in 0..<inner { out[target + index] += weight * values[source + index] }
        }
      }
    }
    return out
  }
}
