/// A weight packed into small numbers with its scales beside it: which tensors, and what they make.
package struct PackedWeight {
  /// What it is called; the name of a row of ``PackedKind``.
  package var kind: String
  /// Tensors of the inventory, in the order in which a rule names them.
  package var parts: [Int]
  /// The name that the weight has when it is unpacked, in components.
  package var path: [[UInt8]]
  /// The unpacked shape, outermost axis first, as far as names and shapes tell it.
  var shape: [Int]
  var shapeIsFree = false
  package var steps: [Step]
  /// Why it is not unpacked, and what to do instead; nil for a kind that is.
  package var refusal: String?
}

/// The leaves of one module, by the last parts of their names.
struct PackedModule {
  let leaves: [String: Int]
  /// Leaves of names below the weight's own.
  var below: [Int] = []
  /// Parts of several weights stand side by side; models that spell it so keep those (…, in, out),
  /// and only their packed form (…, out, in).
  var isTurned = false
  let inventory: Inventory

  func has(_ leaf: String) -> Bool { leaves[leaf] != nil }

  func shape(_ leaf: String) -> [Int]? { leaves[leaf].map { inventory.tensors[$0].shape } }

  func dtype(_ leaf: String) -> String { leaves[leaf].map { inventory.tensors[$0].dtype } ?? "" }

  /// A matrix's shape.
  func matrix(_ leaf: String) -> (rows: Int, columns: Int)? {
    guard let shape = shape(leaf), shape.count == 2 else { return nil }
    return (shape[0], shape[1])
  }

  func number(_ keys: [String]) -> Int? { inventory.number(keys) }

  static func times(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? Bounds.dimension : Bounds.clamp(product)
  }
}
