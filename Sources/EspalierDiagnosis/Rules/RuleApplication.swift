/// Reads source names through the rules that change them.
struct NameReader {
  private var enters: [[UInt8]] = []
  private var strips: [[[UInt8]]] = []
  private var removes: Set<[UInt8]> = []
  private var adds: [[UInt8]] = []

  init(_ rules: [Rule]) {
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
  func index(_ source: Inventory) -> [[UInt8]: Int] {
    var byName: [[UInt8]: Int] = [:]
    for (index, tensor) in source.tensors.enumerated() { byName[tensor.name] = index }
    for (index, tensor) in source.tensors.enumerated() {
      for name in spellings(tensor) where byName[name] == nil { byName[name] = index }
    }
    return byName
  }

  private func spellings(_ tensor: TensorFacts) -> [[UInt8]] {
    var path = tensor.components
    for name in enters where path.first == name && path.count > 1 { path.removeFirst() }
    if !removes.isEmpty, let leaf = path.popLast() {
      path = path.filter { !removes.contains($0) } + [leaf]
    }
    var paths = [path]
    for prefix in strips {
      if path.starts(with: prefix), path.count > prefix.count {
        path.removeFirst(prefix.count)
        paths.append(path)
      }
    }
    let plain = paths.map { join($0[...]) }
    return plain + adds.flatMap { prefix in plain.map { prefix + [0x2E] + $0 } }
  }

  private func join(_ path: ArraySlice<[UInt8]>) -> [UInt8] {
    Array(path.joined(separator: [0x2E]))
  }
}

extension Array where Element == Rule {
  /// The mapping these rules give for two inventories: rules that name a tensor come first, what is
  /// left loads by name where the shapes are equal.
  public func apply(to source: Inventory, destination: Inventory) -> Mapping {
    let byName = NameReader(self).index(source)
    var exact: [[UInt8]: Int] = [:]
    for (index, tensor) in source.tensors.enumerated() { exact[tensor.name] = index }
    var literal: [[UInt8]: Rule] = [:]
    var general: [[UInt8]: [Rule]] = [:]
    for rule in self {
      guard let pattern = rule.destinationPattern else { continue }
      if pattern.pieces.count == 1, case .text(let name) = pattern.pieces[0] {
        if literal[name] == nil { literal[name] = rule }
      } else {
        general[NamePattern.parts(pattern.spell(zeros) ?? []).texts.flatMap { $0 }, default: []]
          .append(rule)
      }
    }
    var links: [Link] = []
    for (index, tensor) in destination.tensors.enumerated() {
      let key = NamePattern.parts(tensor.name).texts.flatMap { $0 }
      let rule =
        literal[tensor.name]
        ?? general[key]?.first { $0.destinationPattern?.match(tensor.name) != nil }
      if let rule {
        if let link = rule.link(index, tensor, exact) { links.append(link) }
      } else if let s = byName[tensor.name], source.tensors[s].shape == tensor.shape {
        let isSame = source.tensors[s].name == tensor.name
        let casts =
          source.tensors[s].dtype != tensor.dtype && isFloat(source.tensors[s].dtype)
          && isFloat(tensor.dtype)
        let steps: [Step] = casts ? [.cast] : [isSame ? .identity : .rename]
        links.append(Link(destination: index, sources: [s], operation: Operation(steps)))
      }
    }
    return Mapping(
      links: links, destinationCount: destination.tensors.count, sourceCount: source.tensors.count)
  }

  private var zeros: [Int] { [0, 0, 0, 0, 0, 0, 0, 0] }
}

extension Rule {
  var destinationPattern: NamePattern? {
    switch self {
    case .take(let destination, _, _, _): destination
    case .skip(let pattern): pattern
    default: nil
    }
  }

  fileprivate func link(_ index: Int, _ tensor: TensorFacts, _ byName: [[UInt8]: Int]) -> Link? {
    guard case .take(let pattern, let sources, let operation, let layer) = self,
      let variables = pattern.match(tensor.name)
    else { return nil }
    var found: [Int] = []
    for source in sources {
      guard let name = source.spell(variables), let s = byName[name] else { return nil }
      found.append(s)
    }
    var own = operation
    if let layer, variables.indices.contains(layer) { own = operation.withIndex(variables[layer]) }
    return Link(destination: index, sources: found, operation: own)
  }
}
