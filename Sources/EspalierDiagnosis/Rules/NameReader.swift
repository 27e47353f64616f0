/// Reads source names through the rules that change them.
package struct NameReader {
  private var enters: [[UInt8]] = []
  private var strips: [[[UInt8]]] = []
  private var removes: Set<[UInt8]> = []
  private var adds: [[UInt8]] = []

  package init(_ rules: [Rule]) {
    for rule in rules {
      switch rule {
      case .enter(let name): enters.append(Array(name.utf8))
      case .strip(let name): strips.append(TensorFacts.split(Array(name.utf8)))
      case .remove(let name): removes.insert(Array(name.utf8))
      case .add(let name): adds.append(Array(name.utf8))
      default: continue
      }
    }
  }

  /// Every name a source tensor can be asked for by; a name that stands as it is wins.
  ///
  /// - Parameter names: the places of the names as they stand.
  func index(_ source: Inventory, _ names: NameIndex) -> NameIndex {
    var byName = names
    for (index, tensor) in source.tensors.enumerated() {
      for name in spellings(tensor) where name != tensor.name {
        _ = byName.place(of: name, orElse: index)
      }
    }
    return byName
  }

  private func spellings(_ tensor: TensorFacts) -> [[UInt8]] {
    var path = tensor.components
    for name in enters where path.first == name && path.count > 1 { path.removeFirst() }
    if !removes.isEmpty, let leaf = path.popLast() {
      path = path.filter { !removes.contains($0) } + [leaf]
    }
    var plain = [path.count == tensor.components.count ? plainName(tensor) : join(path[...])]
    for prefix in strips where path.starts(with: prefix) && path.count > prefix.count {
      path.removeFirst(prefix.count)
      // What is left after the first components is the end of the name.
      let cut = prefix.reduce(0) { $0 + $1.count + 1 }
      plain.append(Array(plain[plain.count - 1].dropFirst(cut)))
    }
    if adds.isEmpty { return plain }
    return plain + adds.flatMap { prefix in plain.map { prefix + [0x2E] + $0 } }
  }

  /// The name a source tensor has when every rule has been applied to it, and whether an `enter` rule
  /// led to it.
  package func finalName(_ tensor: TensorFacts) -> (name: [UInt8], isEntered: Bool) {
    let name = spellings(tensor).last ?? tensor.name
    let isEntered = enters.isEmpty || enters.contains { tensor.components.first == $0 }
    // A name that no rule changes stays as the file spells it.
    return (name == plainName(tensor) ? tensor.name : name, isEntered)
  }

  /// The components joined by dots; most names are spelt so.
  private func plainName(_ tensor: TensorFacts) -> [UInt8] {
    isDotted(tensor) ? tensor.name : join(tensor.components[...])
  }

  private func isDotted(_ tensor: TensorFacts) -> Bool {
    let name = tensor.name
    var at = 0
    for (place, component) in tensor.components.enumerated() {
      if place > 0 {
        guard at < name.count, name[at] == 0x2E else { return false }
        at += 1
      }
      guard at + component.count <= name.count else { return false }
      for byte in component {
        if name[at] != byte { return false }
        at += 1
      }
    }
    return at == name.count
  }

  private func join(_ path: ArraySlice<[UInt8]>) -> [UInt8] {
    var name: [UInt8] = []
    name.reserveCapacity(path.reduce(0) { $0 + $1.count + 1 })
    for at in path.indices {
      if at > path.startIndex { name.append(0x2E) }
      name.append(contentsOf: path[at])
    }
    return name
  }
}
