import EspalierDiagnosis
import EspalierRepair
import EspalierTree
import Testing

/// Arrays of numbers with every step written the slow and plain way: what readers are held to.
struct Reference: Equatable {
  var shape: [Int]
  var values: [Int32]

  /// Values that tell where they came from.
  init(counting shape: [Int], from first: Int32 = 0) {
    self.shape = shape
    values = (0..<Int32(shape.reduce(1, *))).map { first + $0 }
  }

  init(_ shape: [Int], _ value: ([Int]) -> Int32) {
    self.shape = shape
    values = []
    let count = shape.reduce(1, *)
    for flat in 0..<count { values.append(value(Reference.index(flat, shape))) }
  }

  static func index(_ flat: Int, _ shape: [Int]) -> [Int] {
    var rest = flat
    var index = [Int](repeating: 0, count: shape.count)
    for axis in shape.indices.reversed() {
      index[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return index
  }

  subscript(_ index: [Int]) -> Int32 {
    var flat = 0
    for (axis, at) in index.enumerated() { flat = flat * shape[axis] + at }
    return values[flat]
  }

  func applying(_ step: Step) -> Reference {
    switch step {
    case .transpose:
      var axes = Array(shape.indices)
      axes.swapAt(axes.count - 1, axes.count - 2)
      return applying(.permute(axes))
    case .permute(let axes):
      return Reference(axes.map { shape[$0] }) { at in
        var from = at
        for (place, axis) in axes.enumerated() { from[axis] = at[place] }
        return self[from]
      }
    case .reshape(let wanted):
      var copy = self
      let known = wanted.filter { $0 != -1 }.reduce(1, *)
      copy.shape = wanted.map { $0 == -1 ? values.count / known : $0 }
      return copy
    case .split(let axis, let index, let of):
      let size = shape[axis] / of
      return applying(.slice(axis: axis, start: index * size, stop: (index + 1) * size))
    case .slice(let axis, let start, let stop):
      return applying(.take(axis: axis, order: Array(start..<stop)))
    case .index(let axis, let at):
      var rest = applying(.take(axis: axis, order: [at]))
      rest.shape.remove(at: axis)
      return rest
    case .take(let axis, let order):
      var cut = shape
      cut[axis] = order.count
      return Reference(cut) { at in
        var from = at
        from[axis] = order[at[axis]]
        return self[from]
      }
    case .flip(let axes):
      return Reference(shape) { at in
        var from = at
        for axis in axes { from[axis] = shape[axis] - 1 - at[axis] }
        return self[from]
      }
    default: return self
    }
  }

  static func concat(_ parts: [Reference], _ axis: Int) -> Reference {
    var shape = parts[0].shape
    shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
    return Reference(shape) { at in
      var at = at
      for part in parts {
        if at[axis] < part.shape[axis] { return part[at] }
        at[axis] -= part.shape[axis]
      }
      return -1
    }
  }

  static func apply(_ operation: Operation, to parts: [Reference], keeping own: Reference)
    -> Reference
  {
    var parts = parts
    for step in operation.steps {
      switch step {
      case .concat(let axis): parts = [concat(parts, axis)]
      case .stack(let axis):
        parts = [
          concat(
            parts.map { part in
              var raised = part
              raised.shape.insert(1, at: axis)
              return raised
            }, axis)
        ]
      case .pad(let axis, let size):
        var shape = parts[0].shape
        shape[axis] = size
        let inner = parts[0]
        parts = [
          Reference(shape) { at in
            zip(at, inner.shape).allSatisfy { $0 < $1 }
              ? inner[at] : own.shape == shape ? own[at] : -1
          }
        ]
      default: parts = parts.map { $0.applying(step) }
      }
    }
    return parts[0]
  }
}

/// A destination and a source made for one operation.
func repaired(
  _ operation: String, sources: [Reference], target: [Int], blockBytes: Int = 64 << 20
) throws -> (found: Reference, expected: Reference) {
  let own = Reference(counting: target, from: 1_000_000)
  var destination = MemorySource.Builder()
  try destination.add("out", .i32, Shape(target), values: own.values)
  var source = MemorySource.Builder()
  for (place, part) in sources.enumerated() {
    try source.add(Name("in\(place)"), .i32, Shape(part.shape), values: part.values)
  }
  let from = sources.indices.map { "in\($0)" }.joined(separator: " + ")
  let rules = try parsed("out = \(from) : \(operation)")
  let result = try RepairedSource(
    RepairSide(source.finish()), rules: rules, destination: RepairSide(destination.finish()),
    blockBytes: blockBytes)
  let leaf = try #require(result.tree.node(named: "out").flatMap { result.tree.leaf(at: $0) })
  var found = own
  found.shape = result.tree.shape(of: leaf).dimensions
  found.values = try result.bytes(of: leaf).withUnsafeBytes { bytes in
    (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self) }
  }
  let parsed = try #require(Operation(parsing: operation))
  return (found, Reference.apply(parsed, to: sources, keeping: own))
}

/// Rules in their one-line form.
func parsed(_ lines: String...) throws -> [Rule] { try parsed(lines) }

func parsed(_ lines: [String]) throws -> [Rule] {
  var rules: [Rule] = []
  for line in lines { rules.append(try #require(Rule(parsing: line))) }
  return rules
}
