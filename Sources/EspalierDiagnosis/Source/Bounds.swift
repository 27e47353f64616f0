/// Limits that keep hostile names and shapes from costing time, memory or an overflow. Real models
/// stay far within them.
enum Bounds {
  /// Longer dimensions are cut; products of two still fit.
  static let dimension = 1 << 31
  /// Deeper paths have their outer components joined into one.
  static let components = 48
  /// So many components of a path, from its end, are looked at for their meaning.
  static let profiled = 16
  /// A component with more words and numbers than this counts as one word.
  static let tokens = 12
  /// A name with more numbers than this is generalised no further.
  static let numbers = 12
  /// Bytes of a name that may be drawn together with others of its module.
  static let moduleName = 1_000
  /// More rules than this are written as they are.
  static let mergedRules = 5_000

  static func clamp(_ value: Int) -> Int { min(max(value, 0), dimension) }

  /// The inventory with dimensions inside of the limits and ties that point backwards.
  static func apply(_ inventory: Inventory) -> Inventory {
    let fits = inventory.tensors.enumerated().allSatisfy { index, tensor in
      tensor.shape.allSatisfy { $0 >= 0 && $0 <= dimension }
        && tensor.tiedTo.map { $0 >= 0 && $0 < index } ?? true && !tensor.components.isEmpty
    }
    if fits { return inventory }
    var copy = inventory
    for index in copy.tensors.indices {
      copy.tensors[index].shape = copy.tensors[index].shape.map(clamp)
      if let twin = copy.tensors[index].tiedTo, twin < 0 || twin >= index {
        copy.tensors[index].tiedTo = nil
      }
      if copy.tensors[index].components.isEmpty {
        copy.tensors[index].components = [copy.tensors[index].name]
      }
    }
    return copy
  }

  static func path(_ components: [[UInt8]]) -> [[UInt8]] {
    guard components.count > Bounds.components else { return components }
    let outer = components.dropLast(Bounds.components - 1)
    return [Array(outer.joined(separator: [0x2E]))] + components.suffix(Bounds.components - 1)
  }
}
