/// Finds packed weights among tensors, module by module.
struct PackedSearch {
  let inventory: Inventory
  private var modules: [[[UInt8]]: PackedModule] = [:]

  /// - Parameter isFree: whether a tensor takes part.
  init(_ inventory: Inventory, where isFree: (Int) -> Bool = { _ in true }) {
    self.inventory = inventory
    let tensors = inventory.tensors.indices.filter(isFree)
    guard tensors.contains(where: { Self.isTold(inventory.tensors[$0]) }) else { return }
    var leaves: [[[UInt8]]: [String: Int]] = [:]
    var below: [[[UInt8]]: [Int]] = [:]
    var stems: Set<[[UInt8]]> = []
    let weight = Array("weight".utf8)
    for index in tensors {
      let parts = Bounds.path(inventory.tensors[index].components)
      guard let last = parts.last else { continue }
      let directory = Array(parts.dropLast())
      let name = String(decoding: last, as: UTF8.self)
      leaves[directory, default: [:]][name] = index
      // Experts in one module have their parts side by side: `gate_blocks`, `gate_scales`.
      if let (stem, leaf) = Self.stem(name) {
        let own = directory + [Array(stem.utf8)]
        leaves[own, default: [:]][leaf] = index
        stems.insert(own)
      }
      if let place = directory.lastIndex(of: weight) {
        below[Array(directory[..<place]), default: []].append(index)
      }
    }
    for (directory, own) in leaves {
      modules[directory] = PackedModule(
        leaves: own, below: (below[directory] ?? []).sorted(),
        isTurned: stems.contains(directory), inventory: inventory)
    }
  }

  /// In the order of the tensors that tell of them.
  func run() -> [PackedWeight] {
    modules.compactMap { find($0, $1) }.sorted { ($0.parts.first ?? 0) < ($1.parts.first ?? 0) }
  }

  private func find(_ directory: [[UInt8]], _ module: PackedModule) -> PackedWeight? {
    for kind in PackedKind.rows {
      guard let shape = kind.find(module) else { continue }
      let hasState = kind.leaves == ["weight"]
      let isTurned = module.isTurned && shape.count > 1
      return PackedWeight(
        kind: kind.name,
        parts: kind.leaves.compactMap { module.leaves[$0] } + (hasState ? module.below : []),
        path: kind.isLeaf ? directory + [Array("weight".utf8)] : directory,
        shape: isTurned ? shape.dropLast(2) + shape.suffix(2).reversed() : shape,
        shapeIsFree: hasState, steps: [.dequantise] + (isTurned ? [.transpose] : []),
        refusal: kind.refusal)
    }
    return nil
  }

  private static func isTold(_ tensor: TensorFacts) -> Bool {
    guard let last = tensor.components.last else { return false }
    let name = String(decoding: last, as: UTF8.self)
    let leaf = stem(name)?.leaf ?? name
    return PackedKind.rows.contains { $0.isTold(by: leaf, dtype: tensor.dtype) }
  }

  private static func stem(_ name: String) -> (stem: String, leaf: String)? {
    for leaf in ["blocks", "scales"] where name.hasSuffix("_" + leaf) {
      let stem = name.dropLast(leaf.count + 1)
      return stem.isEmpty ? nil : (String(stem), leaf)
    }
    return nil
  }
}

extension Inventory {
  /// Weights that are packed into several tensors each.
  package var packedWeights: [PackedWeight] { PackedSearch(self).run() }
}
