/// Numbers for shapes, and for layouts: shapes that a change of layout may turn into each other share
/// one.
struct LayoutNumbers {
  struct Numbers {
    var shape: Int
    var layout: Int
  }

  private var byShape: [NumberList: Numbers] = [:]
  private var byKey: [NumberList: Int] = [:]
  private var last: (shape: [Int], numbers: Numbers)?

  /// No numbers yet, and room for those of so many shapes.
  init(room: Int = 0) { byShape.reserveCapacity(room) }

  mutating func callAsFunction(_ shape: [Int]) -> Numbers {
    // Neighbours are often of one shape.
    if let last, last.shape == shape { return last.numbers }
    let numbers = byShape[NumberList(shape)] ?? new(shape)
    last = (shape, numbers)
    return numbers
  }

  private mutating func new(_ shape: [Int]) -> Numbers {
    let layout = byKey.number(of: NumberList(layoutKey(shape)), orElse: byKey.count)
    let numbers = Numbers(shape: byShape.count, layout: layout)
    byShape[NumberList(shape)] = numbers
    return numbers
  }

  /// The layout of a shape, if a shape like it has a number.
  func layout(of shape: [Int]) -> Int? {
    byShape[NumberList(shape)]?.layout ?? byKey[NumberList(layoutKey(shape))]
  }
}
