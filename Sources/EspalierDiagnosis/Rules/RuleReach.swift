/// Which tensors each of a list of rules touches.
package struct RuleReach: Sendable {
  /// For each rule, the tensors it touches: source tensors whose names it changes or that it leaves
  /// out, or destination tensors that it is for.
  package private(set) var touched: [[Int]]
  /// Source tensors that a rule leaves out.
  private(set) var dropped: Set<Int> = []
  /// For each destination tensor the rules that are for it, in their order.
  private(set) var rules: [[Int]] = []

  private let list: [Rule]

  package init(_ rules: [Rule], source: Inventory, destination: Inventory) {
    list = rules
    touched = Array(repeating: [], count: rules.count)
    findDropped(source)
    findRenamed(source, destination)
    let table = PatternTable(rules, \.destinationPattern)
    self.rules.reserveCapacity(destination.tensors.count)
    for (index, tensor) in destination.tensors.enumerated() {
      let found = table.rules(for: tensor.name)
      for rule in found { touched[rule].append(index) }
      self.rules.append(found)
    }
  }

  // MARK: What is left out

  private mutating func findDropped(_ source: Inventory) {
    let table = PatternTable(list) { rule in
      if case .drop(let pattern) = rule { return pattern }
      return nil
    }
    guard !table.isEmpty else { return }
    for (index, tensor) in source.tensors.enumerated() {
      let found = table.rules(for: tensor.name)
      for rule in found { touched[rule].append(index) }
      if !found.isEmpty { dropped.insert(index) }
    }
  }

  // MARK: Rules that change names

  private mutating func findRenamed(_ source: Inventory, _ destination: Inventory) {
    for (index, rule) in list.enumerated() where rule.changesNames {
      if case .add(let prefix) = rule {
        let start = Array(prefix.utf8) + [0x2E]
        touched[index] = destination.tensors.indices.filter {
          destination.tensors[$0].name.starts(with: start)
        }
        continue
      }
      // Together with the rules before it: a prefix may stand below a container.
      let before = NameReader(list[..<index].filter { $0.changesNames && !$0.isAdd })
      let after = NameReader(list[...index].filter { $0.changesNames && !$0.isAdd })
      touched[index] = source.tensors.indices.filter {
        before.finalName(source.tensors[$0]).name != after.finalName(source.tensors[$0]).name
      }
    }
  }
}
