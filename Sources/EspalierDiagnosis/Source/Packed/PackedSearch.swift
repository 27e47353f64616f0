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
    // Few files hold packed weights, and all are asked: names stay bytes.
    let end = stemEnds.first {
      last.count > $0.count && last[(last.count - $0.count)...].elementsEqual($0)
    }
    let kinds = PackedKind.byTellingLeaf[end.map { Array($0.dropFirst()) } ?? last] ?? []
    return kinds.contains { $0.allows(tensor.dtype) }
  }

  private static let stemLeaves = ["blocks", "scales"]
  private static let stemEnds = stemLeaves.map { Array("_\($0)".utf8) }

  private static func stem(_ name: String) -> (stem: String, leaf: String)? {
    for leaf in stemLeaves where name.hasSuffix("_" + leaf) {
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
