/// A logical tensor: one file tensor, or several that make one (packed weights, adapter factors,
/// magnitude and direction), or a part of one (a layer of a stack).
struct Slot {
  /// Path in components; prefixes and wrappers are cut from it as they are found.
  var path: [Int]
  var shape: [Int]
  /// Tensors of the inventory it is made of, in the order its steps take them.
  var parts: [Int]
  var dtype: String
  /// What most slots have nothing of, kept apart: slots are copied by the hundred thousand.
  private var making: Making?

  init(
    path: [Int], shape: [Int], parts: [Int], steps: [Step] = [], dtype: String,
    shapeIsFree: Bool = false
  ) {
    self.path = path
    self.shape = shape
    self.parts = parts
    self.dtype = dtype
    if !steps.isEmpty || shapeIsFree { making = Making(steps: steps, shapeIsFree: shapeIsFree) }
  }

  /// How the parts make this slot; empty for a plain tensor.
  var steps: [Step] {
    get { making?.steps ?? [] }
    set { change { $0.steps = newValue } }
  }
  /// Shape is a count of elements only (packed so that the axes cannot be read).
  var shapeIsFree: Bool { making?.shapeIsFree ?? false }
  /// What was cut off on the way, for the causes.
  var cut: Cut {
    get { making?.cut ?? Cut() }
    set { change { $0.cut = newValue } }
  }
  /// Position in an unstacked tensor, where the slot is one layer or expert of a stack.
  var stackIndex: Int? {
    get { making?.stackIndex }
    set { change { $0.stackIndex = newValue } }
  }

  var elements: Int { elementCount(shape) }

  private mutating func change(_ edit: (Making) -> Void) {
    let own = Making(making)
    edit(own)
    making = own
  }

  /// Never changed once a slot holds it.
  private final class Making {
    var steps: [Step]
    var shapeIsFree: Bool
    var cut = Cut()
    var stackIndex: Int?

    init(steps: [Step], shapeIsFree: Bool) {
      self.steps = steps
      self.shapeIsFree = shapeIsFree
    }

    init(_ other: Making?) {
      steps = other?.steps ?? []
      shapeIsFree = other?.shapeIsFree ?? false
      cut = other?.cut ?? Cut()
      stackIndex = other?.stackIndex
    }
  }
}

/// Components taken off a source path.
struct Cut: Hashable {
  var container: [Int] = []
  var prefix: [Int] = []
  var infix: [Int] = []
}
