/// A model's weights with their axes in one order, outputs first, whichever framework wrote them.
struct OrientedSlots {
  struct Weight {
    var slot: Int
    var out: Int
    var input: Int
    /// Spatial size of a convolution; empty for a matrix.
    var kernel: [Int] = []
    var elements: Int
  }

  let names: NameTable
  let scorer: NameScorer
  let slots: [Slot]
  /// Matrices and convolutions in file order; tables and masks are neither.
  private(set) var weights: [Weight] = []
  /// Slots that look words or places up.
  private(set) var tables: [Int] = []
  /// The weight of each slot that is one.
  private var places: [Int: Int] = [:]

  /// - Parameter outputFirst: the order of a matrix's axes.
  init(_ slots: [Slot], _ names: NameTable, _ scorer: NameScorer, outputFirst: Bool) {
    self.slots = slots
    self.names = names
    self.scorer = scorer
    var shapes: (solid: [[Int]], flat: [[Int]]) = ([], [])
    for index in slots.indices {
      let rank = slots[index].shape.count
      if rank > 3 { shapes.solid.append(slots[index].shape) }
      if rank == 3, Self.isConvolution(slots[index], scorer) {
        shapes.flat.append(slots[index].shape)
      }
    }
    let layouts = Layout.read(shapes.solid)
    let flat = Layout.read(shapes.flat)
    for (index, slot) in slots.enumerated() where slot.shape.count > 1 {
      if isTable(slot) { tables.append(index) }
      guard tables.last != index, isWeight(slot) else { continue }
      if slot.shape.count > 3 {
        add(layouts.weight(index, slot))
      } else if Self.isConvolution(slot, scorer) {
        add(flat.weight(index, slot))
      } else {
        let matrix = Array(slot.shape.suffix(2))
        add(
          Weight(
            slot: index, out: matrix[outputFirst ? 0 : 1], input: matrix[outputFirst ? 1 : 0],
            elements: slot.elements))
      }
    }
  }

  /// The slot as a matrix or a convolution.
  func weight(_ slot: Int) -> Weight? { places[slot].map { weights[$0] } }

  private func isTable(_ slot: Slot) -> Bool {
    guard slot.shape.count == 2 || slot.shape.count == 3 && slot.shape[0] == 1 else { return false }
    if Self.isConvolution(slot, scorer) || isLabelled(slot) { return false }
    return scorer.says(.position, slot.path)
      || slot.shape.count == 2 && !scorer.says(.patch, slot.path)
        && (scorer.says(.embed, slot.path) || scorer.says(.token, slot.path))
  }

  /// `class_embed`, `cls_score`: the module makes classes, whatever else its name says.
  func isLabelled(_ slot: Slot) -> Bool {
    scorer.says(.label, moduleOf: slot.path)
  }

  func isInBlock(_ weight: Weight) -> Bool { names.isInBlock(slots[weight.slot].path) }

  private mutating func add(_ weight: Weight) {
    places[weight.slot] = weights.count
    weights.append(weight)
  }

  private func isWeight(_ slot: Slot) -> Bool {
    guard slot.shape.count < 6, isFloat(slot.dtype) || !slot.steps.isEmpty
    else { return false }
    // Masks, and tokens that are learnt.
    return !slot.shape.prefix(2).elementsEqual([1, 1]) || slot.path.last.map(names.role) == .weight
  }

  private static func isConvolution(_ slot: Slot, _ scorer: NameScorer) -> Bool {
    slot.shape.count == 3 && scorer.says(.conv, slot.path)
  }

  /// Where a convolution's axes stand.
  private enum Layout: CaseIterable {
    case kernelLast, kernelFirst, kernelBetween

    /// The layout in which most kernels are square and smaller than what they connect.
    static func read(_ shapes: [[Int]]) -> Layout {
      var votes: [Layout: Int] = [:]
      for shape in shapes {
        for layout in allCases {
          let (kernel, out, input) = layout.split(shape)
          guard let side = kernel.first, kernel.allSatisfy({ $0 == side }), side < max(out, input)
          else { continue }
          votes[layout, default: 0] += 1
        }
      }
      return allCases.max { (votes[$0] ?? 0) < (votes[$1] ?? 0) } ?? .kernelLast
    }

    func split(_ shape: [Int]) -> (kernel: [Int], out: Int, input: Int) {
      let last = shape.count - 1
      switch self {
      case .kernelLast: return (Array(shape[2...]), shape[0], shape[1])
      case .kernelFirst: return (Array(shape[..<(last - 1)]), shape[last], shape[last - 1])
      case .kernelBetween: return (Array(shape[1..<last]), shape[0], shape[last])
      }
    }

    func weight(_ index: Int, _ slot: Slot) -> Weight {
      let (kernel, out, input) = split(slot.shape)
      return Weight(slot: index, out: out, input: input, kernel: kernel, elements: slot.elements)
    }
  }
}
