/// Writes a mapping as rules: first how names change, then one rule for each group of links that
/// differ in numbers only.
package struct RuleWriter {
  private let spelt: (destination: SpelledNames, source: SpelledNames)
  /// Places of the source's names, where they are known already.
  private let sourceNames: NameIndex?

  private var destination: Inventory { spelt.destination.inventory }
  private var source: Inventory { spelt.source.inventory }

  package init(destination: Inventory, source: Inventory) {
    self.init(SpelledNames(destination), SpelledNames(source))
  }

  init(_ destination: SpelledNames, _ source: SpelledNames, sourceNames: NameIndex? = nil) {
    spelt = (destination, source)
    self.sourceNames = sourceNames
  }

  /// - Parameter reading: the rules that change how names are read.
  package func write(_ links: [Link], reading: [Rule], skipped: [Int]) -> [Rule] {
    let byName = NameReader(reading).index(source, sourceNames ?? NameIndex(source))
    let told = links.compactMap { link -> Link? in
      guard link.isRename else { return link }
      if byName[destination.tensors[link.destination].name] == link.sources[0] { return nil }
      // Another element type needs no rule: every load converts.
      return Link(
        destination: link.destination, sources: link.sources, operation: Operation([.rename]))
    }
    let rules = reading + ModuleRules(destination).merge(generalised(told))
    // What names alone would load but must not be loaded.
    var linked = NumberSet()
    for link in links { linked.insert(link.destination) }
    let kept = skipped.filter { d in
      guard !linked.contains(d), let s = byName[destination.tensors[d].name] else { return false }
      return source.tensors[s].shape == destination.tensors[d].shape
    }
    return rules + kept.map { .skip(NamePattern([.text(destination.tensors[$0].name)])) }
  }

  /// Patterns that all these destination names fit, and no other of its names; as few as say it.
  package func patterns(_ tensors: [Int]) -> [NamePattern] {
    let links = tensors.map { Link(destination: $0, sources: [], operation: Operation([.skip])) }
    let skips = generalised(links).compactMap { $0.destinationPattern.map(Rule.skip) }
    return ModuleRules(destination).merge(skips).compactMap(\.destinationPattern)
  }

  private func generalised(_ links: [Link]) -> [Rule] {
    var generalising = RuleGeneralising(
      links, destination: spelt.destination, source: spelt.source)
    return generalising.rules()
  }
}

extension Link {
  /// One array as it is, but for its name and element type.
  fileprivate var isRename: Bool {
    operation.keepsValues && !operation.steps.contains(.tie) && sources.count == 1
  }
}
