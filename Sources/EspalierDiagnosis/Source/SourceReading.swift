/// The source, taken apart: what holds weights, and what only lies beside them.
struct SourceReading {
  var slots: [Slot] = []
  /// Tensors of an optimizer.
  var optimizer: [Int] = []
  /// Tensors of a second copy of the weights, and what the copy is called.
  var copy: [Int] = []
  var copyName = ""
  /// Adapter factors whose base weights are not in the file.
  var orphanAdapters: [Int] = []
  /// Rank of the adapters, 0 where there are none.
  var adapterRank = 0
  var adapterFamilies: Set<AdapterFamily> = []
  /// How many slots are dequantised, merged, re-parametrised.
  var packedKinds: [String: Int] = [:]
  /// What is packed or adapted in a way that is known, and not undone here.
  var unreadKinds: [String: UnreadKind] = [:]
  var mergedAdapters = 0
  var weightNorms = 0
}

/// Tensors of a kind that is recognised only.
struct UnreadKind {
  /// What to do instead.
  var advice: String
  var cause = Cause.quantisedPacked
  var tensors: [Int] = []
}

/// Reads roles off names and shapes, one kind after the other.
struct SourceReader {
  let inventory: Inventory
  let names: NameTable
  var paths: [[Int]]
  private var reading = SourceReading()
  private var taken: [Bool]

  init(_ inventory: Inventory, names: NameTable) {
    self.inventory = inventory
    self.names = names
    paths = names.paths(of: inventory.tensors)
    taken = [Bool](repeating: false, count: inventory.tensors.count)
  }

  /// - Parameter destinationSplitsNorm: The destination keeps magnitude and direction apart, so
  ///   they are not joined here.
  mutating func read(destination: Inventory, destinationPaths: [[Int]]) -> SourceReading {
    setOptimizerAside(destinationPaths)
    setCopyAside(destinationCount: destination.tensors.count, destinationPaths: destinationPaths)
    // What the destination keeps apart is not joined here.
    if destination.packedWeights.isEmpty { joinPacked() }
    if hasAdapterWords, !AdapterModule.isAny(in: destination) { joinAdapters() }
    joinWeightNorms(unless: keepsMagnitude(destinationPaths))
    for index in paths.indices where !taken[index] {
      let tensor = inventory.tensors[index]
      var slot = Slot(path: paths[index], shape: tensor.shape, parts: [index], dtype: tensor.dtype)
      if isBlockType(tensor.dtype) {
        slot.steps = [.dequantise]
        reading.packedKinds["GGUF \(tensor.dtype)", default: 0] += 1
      }
      reading.slots.append(slot)
    }
    // File order, whatever kind a slot is of: order is evidence later.
    reading.slots.sort { ($0.parts.first ?? 0) < ($1.parts.first ?? 0) }
    return reading
  }

  // MARK: Optimizer

  private mutating func setOptimizerAside(_ destination: [[Int]]) {
    let entries = Set(Vocabulary.optimizerEntries.map { names.intern($0) })
    let leaves = Set(Vocabulary.optimizerLeaves.map { names.intern($0) })
    let steps = Set(["global_step", "step", "iteration"].map { names.intern($0) })
    var prefixes = PrefixTable()
    prefixes.reserve(paths.count)
    var byPath = NumberedValues<Int>()
    let places = paths.map { path in
      let numbers = prefixes.prefixes(of: path)
      return (above: numbers[max(0, path.count - 1)], own: numbers[path.count])
    }
    for (index, place) in places.enumerated() { byPath[place.own, default: index] = index }
    var found: [Int] = []
    for (index, path) in paths.enumerated() {
      guard let leaf = path.last else { continue }
      let below = path.count > 1 && path.prefix(2).contains { entries.contains($0) }
      // A slot variable hangs below the name of the tensor it belongs to.
      let owner = byPath[places[index].above]
      let hangs =
        owner.map { inventory.tensors[$0].shape == inventory.tensors[index].shape } ?? false
      let counts = path.count == 1 && steps.contains(leaf) && inventory.tensors[index].elements == 1
      if below || hangs || counts || (leaves.contains(leaf) && path.count > 1) {
        found.append(index)
      }
    }
    guard !found.isEmpty else { return }
    // What the destination has under the same name is asked for.
    let asked = Set(destination)
    for index in found where !asked.contains(paths[index]) {
      taken[index] = true
      reading.optimizer.append(index)
    }
  }

  // MARK: Second copies

  /// Two subtrees with the same names and shapes, of which the destination has one.
  private mutating func setCopyAside(destinationCount: Int, destinationPaths: [[Int]]) {
    let free = paths.indices.filter { !taken[$0] }
    guard free.count >= 4 else { return }
    var prefixes = PrefixTable()
    var heads = NumberedValues<(path: [Int], members: [Int])>()
    for index in free {
      let path = paths[index]
      let numbers = prefixes.prefixes(of: path, length: min(3, max(0, path.count - 1)))
      for depth in numbers.indices.dropFirst() where names.number(path[depth - 1]) == nil {
        heads[numbers[depth], default: (Array(path.prefix(depth)), [])].members.append(index)
      }
    }
    let most = heads.all.map(\.value).filter {
      $0.members.count * 4 >= free.count && $0.members.count >= 4
    }
    guard most.count > 1 else { return }
    let big = Dictionary(uniqueKeysWithValues: most.map { ($0.path, $0.members) })
    let keys = big.keys.sorted {
      ($0.count, $0.map { names.text($0) }.joined()) < (
        $1.count, $1.map { names.text($0) }.joined()
      )
    }
    for (at, one) in keys.enumerated() {
      for two in keys[(at + 1)...] where !two.starts(with: one) {
        guard let a = big[one], let b = big[two], destinationCount * 2 < 3 * max(a.count, b.count),
          isSameTree(a, one.count, b, two.count) || isSameTree(b, two.count, a, one.count)
        else { continue }
        let dropped = copyToDrop(one, a, two, b)
        reading.copyName = names.join(dropped)
        for index in big[dropped] ?? [] {
          taken[index] = true
          reading.copy.append(index)
        }
        return
      }
    }
  }

  /// The second may keep its names without separators, in one flat list.
  private func isSameTree(_ a: [Int], _ aDepth: Int, _ b: [Int], _ bDepth: Int) -> Bool {
    guard a.count * 10 >= b.count * 9, b.count * 10 >= a.count * 9 else { return false }
    let isFlat = b.allSatisfy { paths[$0].count == bDepth + 1 }
    var keys = PrefixTable()
    func key(_ index: Int, _ depth: Int) -> Int {
      guard isFlat else { return keys.number(of: paths[index], from: depth) }
      let path = paths[index].dropFirst(depth)
      return keys.number(of: [names.intern(path.map(names.text).joined())])
    }
    var shapes = NumberedValues<[Int]>()
    for index in a { shapes[key(index, aDepth)] = inventory.tensors[index].shape }
    let same = b.count { shapes[key($0, bDepth)] == inventory.tensors[$0].shape }
    return same * 10 >= max(a.count, b.count) * 9
  }

  /// The one whose name says copy; otherwise the later one in the file.
  private func copyToDrop(_ one: [Int], _ a: [Int], _ two: [Int], _ b: [Int]) -> [Int] {
    func says(_ path: [Int]) -> Bool {
      guard let last = path.last else { return false }
      return names.text(last).lowercased().split(separator: "_").contains {
        Vocabulary.copyWords.contains(String($0))
      }
    }
    if says(one) != says(two) { return says(one) ? one : two }
    return (a.first ?? 0) < (b.first ?? 0) ? two : one
  }

  // MARK: Packed weights

  private func isBlockType(_ dtype: String) -> Bool {
    (dtype.hasPrefix("Q") || dtype.hasPrefix("IQ") || dtype.hasPrefix("TQ")
      || dtype.hasPrefix("MXFP"))
      && dtype.contains { $0.isNumber }
  }

  private mutating func joinPacked() {
    for packed in PackedSearch(inventory, where: { [taken] in !taken[$0] }).run() {
      for part in packed.parts { taken[part] = true }
      if let refusal = packed.refusal {
        reading.unreadKinds[
          "weights packed by \(packed.kind)", default: UnreadKind(advice: refusal)
        ].tensors +=
          packed.parts
        continue
      }
      reading.packedKinds[packed.kind, default: 0] += 1
      reading.slots.append(
        Slot(
          path: packed.path.map(names.intern), shape: packed.shape, parts: packed.parts,
          steps: packed.steps, dtype: "F16", shapeIsFree: packed.shapeIsFree))
    }
  }

  // MARK: Low-rank adapters

  /// Most files have no adapters, and then no name is looked at twice.
  private var hasAdapterWords: Bool {
    let words = ["lora", "hada_", "lokr_", "ia3_", "oft_", "boft_", "vera_"].map { Array($0.utf8) }
    let initials = words.map { $0[0] }
    return names.texts.contains { text in
      guard let initial = text.utf8.first, initials.contains(initial) else { return false }
      return words.contains { text.utf8.starts(with: $0) }
    }
  }

  private mutating func joinAdapters() {
    var byPath: [[Int]: Int] = [:]
    for index in paths.indices { byPath[paths[index]] = index }
    for module in AdapterModule.all(in: inventory, where: { [taken] in !taken[$0] }) {
      for index in module.all { taken[index] = true }
      if let kind = module.unread {
        let advice = "merge it with the program that made it, and load the merged weights"
        reading.unreadKinds[kind, default: UnreadKind(advice: advice, cause: .loraAdapter)]
          .tensors += module.all
        continue
      }
      reading.adapterRank = max(reading.adapterRank, module.rank(inventory))
      reading.adapterFamilies.insert(module.family)
      guard let base = base(of: module.owner.map(names.intern), byPath), !taken[base] else {
        reading.orphanAdapters.append(contentsOf: module.all)
        continue
      }
      taken[base] = true
      reading.mergedAdapters += 1
      // The wrapper around the base layer stays in the path, so that it is seen and named.
      reading.slots.append(
        Slot(
          path: paths[base], shape: inventory.tensors[base].shape,
          parts: [base] + module.all, steps: [.loraMerge],
          dtype: inventory.tensors[base].dtype))
    }
  }

  /// The weight beside the factors, or in the layer that an adapter's layer is wrapped around.
  private func base(of owner: [Int], _ byPath: [[Int]: Int]) -> Int? {
    let weight = names.intern("weight")
    for wrapper in ["base_layer", "linear", "embedding"] {
      if let base = byPath[owner + [names.intern(wrapper), weight]] { return base }
    }
    return byPath[owner + [weight]]
  }

  // MARK: Magnitude and direction

  private func keepsMagnitude(_ destination: [[Int]]) -> Bool {
    destination.contains { path in WeightNorm.place(path, names)?.isMagnitude ?? false }
  }

  private mutating func joinWeightNorms(unless destinationKeepsThem: Bool) {
    var pairs: [[Int]: (g: Int?, v: Int?)] = [:]
    for index in paths.indices where !taken[index] {
      guard let place = WeightNorm.place(paths[index], names) else { continue }
      if place.isMagnitude {
        pairs[place.weight, default: (nil, nil)].g = index
      } else {
        pairs[place.weight, default: (nil, nil)].v = index
      }
    }
    for (path, pair) in pairs {
      guard let g = pair.g, let v = pair.v else { continue }
      reading.weightNorms += 1
      if destinationKeepsThem { continue }
      let magnitude = inventory.tensors[g].shape
      taken[g] = true
      taken[v] = true
      reading.slots.append(
        Slot(
          path: path, shape: inventory.tensors[v].shape, parts: [g, v],
          steps: [.weightNorm(dim: magnitude.firstIndex { $0 > 1 } ?? 0)],
          dtype: inventory.tensors[v].dtype))
    }
  }
}

/// The two spellings of a weight kept as magnitude and direction.
enum WeightNorm {
  static func place(_ path: [Int], _ names: NameTable) -> (weight: [Int], isMagnitude: Bool)? {
    guard let leaf = path.last else { return nil }
    switch names.text(leaf) {
    case "weight_g": return (path.dropLast() + [names.intern("weight")], true)
    case "weight_v": return (path.dropLast() + [names.intern("weight")], false)
    case "original0", "original1":
      guard path.count >= 3, names.text(path[path.count - 3]) == "parametrizations" else {
        return nil
      }
      return (
        Array(path.dropLast(3)) + [path[path.count - 2]], names.text(leaf) == "original0"
      )
    default: return nil
    }
  }
}
