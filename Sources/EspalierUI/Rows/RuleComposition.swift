import EspalierDiagnosis
import EspalierTree

/// Makes one list of rules of what remedies, files and hands have decided, off the main thread.
///
/// A destination tensor may have one rule only. What was decided by hand is an exception to a rule
/// for many: that one is written anew for the others.
public struct RuleComposition: Sendable {
  private let request: RepairRequest
  private let destination: Inventory
  private let source: Inventory
  private let places: (destination: [[UInt8]: Int], source: [[UInt8]: Int])

  /// - Parameters:
  ///   - destination: what rules see of the destination.
  ///   - source: what rules see of the source.
  public init(_ request: RepairRequest, destination: Inventory, source: Inventory) {
    self.request = request
    self.destination = destination
    self.source = source
    func table(_ inventory: Inventory) -> [[UInt8]: Int] {
      Dictionary(
        inventory.tensors.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { a, _ in a })
    }
    places = (table(destination), table(source))
  }

  /// The rules in the order in which they apply.
  ///
  /// - Parameter withSkips: whether rows that are left out by hand are rules, too, as in a file.
  public func rules(withSkips: Bool = false) -> [Rule] {
    let given = request.rules.rules
    let reading = entering(given) + given.filter(\.changesNames)
    let skips = withSkips ? skips() : []
    let (leaves, branches) = byHand(except: Set(skips.map(\.name)))
    var decided = Set(skips.map(\.place))
    decided.formUnion(leaves.keys)
    decided.formUnion(branches.map(\.destination))
    var kept: [Rule] = []
    var others = branches
    for rule in given where !rule.changesNames {
      guard case .take(let pattern, _, _, _) = rule, isMet(pattern, decided) else {
        kept.append(rule)
        continue
      }
      others += [rule].apply(to: source, destination: destination).links.filter {
        !decided.contains($0.destination)
          && pattern.match(destination.tensors[$0.destination].name) != nil
      }
    }
    let decisions = leaves.sorted { $0.key < $1.key }.map(\.value)
    let all = reading + kept + written(others, reading) + decisions
    let alike = self.alike(all, except: decided)
    return all + written(alike, reading) + skips.map { .skip(NamePattern([.text($0.name)])) }
  }

  /// Links as rules, as few as say the same.
  private func written(_ links: [Link], _ reading: [Rule]) -> ArraySlice<Rule> {
    if links.isEmpty { return [] }
    return RuleWriter(destination: destination, source: source)
      .write(links, reading: reading, skipped: []).dropFirst(reading.count)
  }

  /// What the threshold pairs of the tensors that are left over.
  private func alike(_ rules: [Rule], except decided: Set<Int>) -> [Link] {
    guard let likeness = request.rules.likeness else { return [] }
    let mapping = rules.apply(to: source, destination: destination)
    let pairs = Likeness(
      destination: destination, mapping.unmatchedDestination.filter { !decided.contains($0) },
      source: source, mapping.unexpectedSource
    ).pairs(atLeast: Double(likeness) / 100)
    return pairs.map {
      Link(
        destination: $0.destination, sources: [$0.source], operation: Operation([.rename]))
    }
  }

  /// The containers that were entered when the files were opened.
  private func entering(_ given: [Rule]) -> [Rule] {
    var rules = request.source.entered.map { Rule.enter(String(decoding: $0.bytes, as: UTF8.self)) }
    let into = request.destination.entered.map { String(decoding: $0.bytes, as: UTF8.self) }
    if !into.isEmpty { rules.append(.add(into.joined(separator: "."))) }
    return rules.filter { !given.contains($0) }
  }

  private func isMet(_ pattern: NamePattern, _ decided: Set<Int>) -> Bool {
    if let name = pattern.literal { return places.destination[name].map(decided.contains) ?? false }
    return decided.contains { pattern.match(destination.tensors[$0].name) != nil }
  }

  private func byHand(except skipped: Set<[UInt8]>) -> (leaves: [Int: Rule], branches: [Link]) {
    var leaves: [Int: Rule] = [:]
    var links: [Int: Link] = [:]
    for rule in request.rules.byHand {
      switch rule {
      case .leaf(let name, let sources, let operation):
        guard !skipped.contains(name.bytes), let d = places.destination[name.bytes] else {
          continue
        }
        links[d] = nil
        leaves[d] = .take(
          destination: NamePattern(name), sources: sources.map { NamePattern($0) },
          operation: operation, layerVariable: nil)
      case .branch(let left, let right):
        for link in self.links(left, right)
        where !skipped.contains(destination.tensors[link.destination].name) {
          leaves[link.destination] = nil
          links[link.destination] = link
        }
      }
    }
    return (leaves, links.values.sorted { $0.destination < $1.destination })
  }

  /// Arrays of one name and shape below two branches.
  private func links(_ left: Name, _ right: Name) -> [Link] {
    let start = left.bytes + [UInt8(ascii: ".")]
    return destination.tensors.indices.compactMap { d in
      let tensor = destination.tensors[d]
      guard tensor.name.starts(with: start),
        let s = places.source[right.bytes + tensor.name.dropFirst(left.bytes.count)],
        source.tensors[s].shape == tensor.shape
      else { return nil }
      return Link(destination: d, sources: [s], operation: Operation([.rename]))
    }
  }

  private func skips() -> [(place: Int, name: [UInt8])] {
    let file = request.destination
    var found: Set<Int> = []
    for path in request.skipped {
      guard let node = file.tree.node(at: path, below: file.rootNode) else { continue }
      for at in node.index..<file.tree.end(of: node) {
        let name = file.ruleName(of: NodeID(Int32(truncatingIfNeeded: at)))
        if let place = places.destination[name] { found.insert(place) }
      }
    }
    return found.sorted().map { ($0, destination.tensors[$0].name) }
  }
}

extension OpenFile {
  /// Rules of a file taken apart: what they leave out are rows for the interface.
  public func split(_ rules: [Rule]) -> (rules: [Rule], skipped: [TreePath]) {
    let patterns = rules.compactMap { rule -> NamePattern? in
      if case .skip(let pattern) = rule { return pattern }
      return nil
    }
    guard !patterns.isEmpty else { return (rules, []) }
    let names = Set(patterns.compactMap(\.literal))
    let open = patterns.filter { $0.literal == nil }
    var met: Set<NamePattern> = []
    var skipped: [TreePath] = []
    for leaf in tree.leafIDs where tree.kind(of: leaf) == .array {
      let node = tree.node(of: leaf)
      let name = ruleName(of: node)
      var fits = names.contains(name)
      if fits { met.insert(NamePattern([.text(name)])) }
      for pattern in open where pattern.match(name) != nil {
        met.insert(pattern)
        fits = true
      }
      if fits { skipped.append(tree.path(of: node, below: rootNode)) }
    }
    // A rule that leaves nothing out stays, to be refused as any that names nothing.
    let rest = rules.filter { rule in
      if case .skip(let pattern) = rule { return !met.contains(pattern) }
      return true
    }
    return (rest, skipped)
  }
}
