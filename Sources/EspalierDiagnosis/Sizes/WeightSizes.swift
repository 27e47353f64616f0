/// Sizes that many tensors together show.
struct WeightSizes {
  let model: OrientedSlots
  private let recurrent: Set<ArraySlice<Int>>

  init(_ model: OrientedSlots) {
    self.model = model
    recurrent = Set(
      model.weights.lazy.map { model.slots[$0.slot].path }
        .filter { Self.isRecurrent($0, model) }.map { $0.dropLast() })
  }

  private static func isRecurrent(_ path: [Int], _ model: OrientedSlots) -> Bool {
    guard let leaf = path.last else { return false }
    return model.scorer.componentWords(leaf).contains { $0 == "hh" || $0 == "recurrent" }
  }

  /// The length that most of the weights' axes have; gates of recurrent layers are no width.
  var width: Int? {
    var weight: [Int: Int] = [:]
    for one in model.weights {
      let path = model.slots[one.slot].path
      let isGate = recurrent.contains(path.dropLast())
      if isGate, Self.isRecurrent(path, model) { continue }
      weight[one.input] = saturatingSum(weight[one.input] ?? 0, one.elements)
      if !isGate { weight[one.out] = saturatingSum(weight[one.out] ?? 0, one.elements) }
    }
    return weight.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
  }

  /// What is commonest between the two matrices of a feed-forward layer. Only the second is looked at:
  /// the first may be joined with a gate.
  func hidden(width: Int?) -> Int? {
    if let state = recurrent.isEmpty ? nil : recurrentState { return state }
    guard let width else { return nil }
    var counts: [Int: Int] = [:]
    for one in model.weights where one.kernel.allSatisfy({ $0 == 1 }) {
      guard one.out == width, one.input > width, model.isInBlock(one) else {
        continue
      }
      counts[one.input, default: 0] += 1
    }
    return counts.filter { $0.value > 1 }.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
  }

  private var recurrentState: Int? {
    model.weights.first { Self.isRecurrent(model.slots[$0.slot].path, model) }
      .map { min($0.out, $0.input) }
  }
}
