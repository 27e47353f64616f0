/// Writes a mapping as rules: first how names change, then one rule for each group of links that
/// differ in numbers only.
package struct RuleWriter {
  let destination: Inventory
  let source: Inventory

  package init(destination: Inventory, source: Inventory) {
    self.destination = destination
    self.source = source
  }

  /// - Parameter reading: the rules that change how names are read.
  package func write(_ links: [Link], reading: [Rule], skipped: [Int]) -> [Rule] {
    let byName = NameReader(reading).index(source)
    let left = links.filter { link in
      !(link.operation.keepsValues && !link.operation.steps.contains(.tie)
        && link.sources.count == 1
        && byName[destination.tensors[link.destination].name] == link.sources[0])
    }
    var rules = reading
    var generalising = RuleGeneralising(left, destination: destination, source: source)
    rules.append(contentsOf: generalising.rules())
    // What names alone would load but must not be loaded.
    let linked = Set(links.map(\.destination))
    for d in skipped where !linked.contains(d) {
      if let s = byName[destination.tensors[d].name],
        source.tensors[s].shape == destination.tensors[d].shape
      {
        rules.append(.skip(NamePattern([.text(destination.tensors[d].name)])))
      }
    }
    return rules
  }
}
