/// Numbers for shapes; those that a change of layout may turn into each other share one.
struct LayoutNumbers {
  private var byShape: [[Int]: Int] = [:]
  private var byKey: [[Int]: Int] = [:]
  private var last: (shape: [Int], number: Int)?

  mutating func callAsFunction(_ shape: [Int]) -> Int {
    // Neighbours are often of one shape.
    if let last, last.shape == shape { return last.number }
    let number = byShape[shape] ?? new(shape)
    last = (shape, number)
    return number
  }

  private mutating func new(_ shape: [Int]) -> Int {
    let number = byKey.number(of: layoutKey(shape), orElse: byKey.count)
    byShape[shape] = number
    return number
  }

  /// The number of a shape, if a shape like it has one.
  func known(_ shape: [Int]) -> Int? { byShape[shape] ?? byKey[layoutKey(shape)] }
}
