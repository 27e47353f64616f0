/// A logical tensor: one file tensor, or several that make one (packed weights, adapter factors,
/// magnitude and direction), or a part of one (a layer of a stack).
struct Slot {
  /// Path in components; prefixes and wrappers are cut from it as they are found.
  var path: [Int]
  var shape: [Int]
  /// Tensors of the inventory it is made of, in the order its steps take them.
  var parts: [Int]
  /// How the parts make this slot; empty for a plain tensor.
  var steps: [Step] = []
  var dtype: String
  /// Shape is a count of elements only (packed so that the axes cannot be read).
  var shapeIsFree = false
  /// What was cut off on the way, for the causes.
  var cut = Cut()
  /// Position in an unstacked tensor, where the slot is one layer or expert of a stack.
  var stackIndex: Int?

  var elements: Int { elementCount(shape) }
}

/// Components taken off a source path.
struct Cut: Hashable {
  var container: [Int] = []
  var prefix: [Int] = []
  var infix: [Int] = []
}
