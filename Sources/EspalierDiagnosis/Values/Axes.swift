/// Arithmetic on axes: which steps turn one shape into another, without guessing from counts alone.
///
/// Where several answers fit (square matrices, cubic kernels) the votes of the tensors that allow
/// only one answer decide for the rest.
struct AxisStyle {
  /// Votes for and against a swap of two axes, by the pair of leaf names.
  private var swaps: [LeafPair: (same: Int, swapped: Int)] = [:]
  private var swapTotal: (same: Int, swapped: Int) = (0, 0)
  /// Votes for permutations: of kernels with axes of length one in the same places, and of all.
  private var permutations: [[Bool]: [[Int]: Int]] = [:]
  private var permutationTotal: [[Int]: Int] = [:]
  /// The source is column-major: every shape is reversed.
  var reversed = false

  struct LeafPair: Hashable {
    var source: Int
    var destination: Int
  }

  /// Orders of kernels in common use, from one to the other; tried first.
  static let knownOrders: [[Int]] = [
    [0, 1, 2, 3], [3, 2, 0, 1], [2, 3, 1, 0], [0, 3, 1, 2], [0, 2, 3, 1], [0, 1, 2], [2, 1, 0],
    [0, 2, 1], [1, 2, 0], [2, 0, 1], [0, 1, 2, 3, 4], [4, 3, 0, 1, 2], [2, 3, 4, 1, 0],
    [0, 4, 1, 2, 3], [0, 2, 3, 4, 1], [3, 2, 1, 0], [4, 3, 2, 1, 0], [2, 3, 0, 1], [3, 0, 1, 2],
  ]

  private static let swappedOrders: [[Int]] = [
    [2, 1, 0], [3, 2, 0, 1], [2, 3, 1, 0], [4, 3, 0, 1, 2], [2, 3, 4, 1, 0],
  ]

  /// Records what a pair of shapes says where it allows one answer only.
  mutating func observe(source: [Int], destination: [Int], leaves: LeafPair, isTable: Bool) {
    let s = squeeze(source)
    let d = squeeze(destination)
    if s.count == 2, d.count == 2, !isTable, source.count <= 3, destination.count <= 3 {
      if s == d, s[0] != s[1] {
        swaps[leaves, default: (0, 0)].same += 1
        swapTotal.same += 1
      } else if s == d.reversed(), s[0] != s[1] {
        swaps[leaves, default: (0, 0)].swapped += 1
        swapTotal.swapped += 1
      }
    }
    if source.count == destination.count, source.count >= 3 {
      // A square kernel keeps height before width; where that leaves more than one order, or
      // where in and out are of one length, it tells nothing.
      guard s.count != 2 || s[0] != s[1], hasOneOrder(s) else { return }
      let fitting = orders(source, destination)
      let fewest = fitting.map { turned($0, source) }.min()
      for order in fitting where turned(order, source) == fewest {
        permutations[source.map { $0 == 1 }, default: [:]][order, default: 0] += 1
        permutationTotal[order, default: 0] += 1
      }
    }
  }

  /// No two axes are of one length, but for height and width: these are less than the channels.
  private func hasOneOrder(_ shape: [Int]) -> Bool {
    let sorted = shape.sorted()
    let repeated = zip(sorted, sorted.dropFirst()).filter { $0 == $1 }.map(\.0)
    guard let length = repeated.first, let longest = sorted.last else { return true }
    return repeated.count == 1 && (sorted.count == 2 || length < longest)
  }

  /// Known orders that turn one shape into the other.
  private func orders(_ source: [Int], _ destination: [Int]) -> [[Int]] {
    Self.knownOrders.filter { order in
      order.count == source.count && order.map { source[$0] } == destination
    }
  }

  /// Pairs of axes of one length that an order puts the other way round.
  private func turned(_ order: [Int], _ shape: [Int]) -> Int {
    var count = 0
    for (place, axis) in order.enumerated() where shape[axis] > 1 {
      count += order[(place + 1)...].count { $0 < axis && shape[$0] == shape[axis] }
    }
    return count
  }

  /// Are 2-D tensors between these leaves stored the other way round?
  func isSwapped(_ leaves: LeafPair) -> Bool {
    if let votes = swaps[leaves], votes.same != votes.swapped { return votes.swapped > votes.same }
    // Where all other matrices are swapped, these are; without others, kernels of convolutions say so.
    if swapTotal.same == 0, swapTotal.swapped > 0 { return true }
    if swapTotal == (0, 0), !reversed { return kernelsAreSwapped }
    // A column-major file may list logical dimensions all the same; then matrices agree.
    return reversed && swapTotal.same <= swapTotal.swapped
  }

  /// Most convolutions have their outputs first on one side and last on the other.
  private var kernelsAreSwapped: Bool {
    let swapped = Self.swappedOrders.reduce(0) { $0 + (permutationTotal[$1] ?? 0) }
    return swapped * 2 > permutationTotal.values.reduce(0, +)
  }

  /// Steps from `source` to `destination`, nil where no layout explains the difference.
  func steps(source: [Int], destination: [Int], leaves: LeafPair, isTable: Bool) -> [Step]? {
    guard elementCount(source) == elementCount(destination) else { return nil }
    if source == destination {
      if source.count == 2, source[0] == source[1], !isTable, isSwapped(leaves) {
        return [.transpose]
      }
      if source.count >= 3, source.count(where: { $0 > 1 }) > 2,
        let order = bestOrder(source, destination),
        order != Array(source.indices)
      {
        return [.permute(order)]
      }
      return []
    }
    if source.count == destination.count {
      if source.count == 2 { return source == destination.reversed() ? [.transpose] : nil }
      if let order = bestOrder(source, destination) { return [.permute(order)] }
      return nil
    }
    let s = squeeze(source)
    let d = squeeze(destination)
    if s == d {
      if s.count == 2, s[0] == s[1], !isTable, isSwapped(leaves) {
        return [.reshape(s), .transpose] + (d == destination ? [] : [.reshape(destination)])
      }
      return [.reshape(destination)]
    }
    if s.count == d.count, s.count == 2, s == d.reversed() {
      return (s == source ? [] : [.reshape(s)]) + [.transpose]
        + (d == destination ? [] : [.reshape(destination)])
    }
    return merged(s, d, leaves: leaves, destination: destination)
  }

  /// Two neighbouring axes on one side are one on the other (heads split out).
  private func merged(_ s: [Int], _ d: [Int], leaves: LeafPair, destination: [Int]) -> [Step]? {
    if s.count == d.count + 1, d.count <= 2, s.count >= 2 {
      for at in 0..<(s.count - 1) {
        var joined = s
        joined[at] = s[at] &* s[at + 1]
        joined.remove(at: at + 1)
        if let rest = tail(joined, d, leaves) { return [.reshape(joined)] + rest }
      }
    }
    if d.count == s.count + 1, s.count <= 2, d.count >= 2 {
      for at in 0..<(d.count - 1) {
        var joined = d
        joined[at] = d[at] &* d[at + 1]
        joined.remove(at: at + 1)
        if let rest = tail(s, joined, leaves) { return rest + [.reshape(destination)] }
      }
    }
    return nil
  }

  private func tail(_ s: [Int], _ d: [Int], _ leaves: LeafPair) -> [Step]? {
    guard s.count == d.count else { return nil }
    if s.count == 1 { return s == d ? [] : nil }
    if s[0] == s[1], s == d {
      return isSwapped(leaves) || swapTotal.swapped > swapTotal.same ? [.transpose] : []
    }
    if s == d { return [] }
    return s == Array(d.reversed()) ? [.transpose] : nil
  }

  /// The order of axes that most tensors of this rank agree on, among those that fit.
  private func bestOrder(_ source: [Int], _ destination: [Int]) -> [Int]? {
    if reversed, source.reversed() == destination { return Array(source.indices.reversed()) }
    let alike = permutations[source.map { $0 == 1 }] ?? [:]
    var best: [Int]?
    var votes = (-1, -1)
    for order in orders(source, destination) {
      let count = (alike[order] ?? 0, permutationTotal[order] ?? 0)
      if count > votes {
        best = order
        votes = count
      }
    }
    return best
  }
}

/// Without axes of length one.
func squeeze(_ shape: [Int]) -> [Int] { shape.filter { $0 != 1 } }

/// Shapes that a change of layout may turn into each other have the same key.
func layoutKey(_ shape: [Int]) -> [Int] {
  // Most shapes are their own key or take one copy.
  var key = shape.contains(1) ? squeeze(shape) : shape
  if zip(key, key.dropFirst()).contains(where: { $0 > $1 }) { key.sort() }
  return key
}
