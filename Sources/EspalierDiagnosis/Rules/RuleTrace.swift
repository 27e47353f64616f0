/// What each of a list of rules does to two inventories, and what is wrong with the list.
package struct RuleTrace: Sendable {
  /// A link, and the rule that made it; nil where the names agree.
  package struct Entry: Sendable, Hashable {
    package var link: Link
    package var rule: Int?
  }

  /// A rule that cannot be meant.
  package struct Problem: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
      /// No name of its side fits it.
      case namesNothing
      /// This source tensor does not exist.
      case noSource([UInt8])
      /// Another rule is for the same destination tensor.
      case contradicts(rule: Int)
      /// Ties that lead back to where they began.
      case cycle
    }

    package var kind: Kind
    package var rule: Int
    /// A destination tensor at which it shows.
    package var destination: Int?
  }

  /// Ordered by destination.
  package private(set) var links: [Entry] = []
  /// Destination tensors that keep their values because a rule says so.
  package private(set) var skipped: [(destination: Int, rule: Int)] = []
  /// Source tensors that a rule leaves out.
  package var dropped: Set<Int> { reach.dropped }
  /// For each rule, the tensors it touches.
  package var touched: [[Int]] { reach.touched }
  package private(set) var problems: [Problem] = []

  private let reach: RuleReach
  private let rules: [Rule]
  private let source: Inventory
  private let destination: Inventory
  private let sourceByName: NameIndex
  private let destinationByName: NameIndex
  /// Ties to destination tensors, which follow when those have links.
  private var pendingTies: [Int: (to: Int, rule: Int)] = [:]

  package init(_ rules: [Rule], source: Inventory, destination: Inventory) {
    self.rules = rules
    self.source = source
    self.destination = destination
    reach = RuleReach(rules, source: source, destination: destination)
    sourceByName = NameIndex(source)
    destinationByName = NameIndex(destination)
    trace()
    followTies()
    for (index, found) in touched.enumerated() where found.isEmpty {
      problems.append(Problem(kind: .namesNothing, rule: index))
    }
    links.sort { $0.link.destination < $1.link.destination }
    problems.sort { $0.rule < $1.rule }
  }

  // MARK: Rules for destination tensors

  private mutating func trace() {
    let byName = NameReader(rules).index(source, NameIndex(source))
    for (index, tensor) in destination.tensors.enumerated() {
      let found = reach.rules[index]
      if found.count > 1 {
        problems.append(
          Problem(kind: .contradicts(rule: found[0]), rule: found[1], destination: index))
      }
      if let first = found.first {
        follow(first, index, tensor)
      } else if let s = byName[tensor.name], source.tensors[s].shape == tensor.shape,
        !dropped.contains(s)
      {
        links.append(Entry(link: plainLink(index, tensor, s), rule: nil))
      }
    }
  }

  private func plainLink(_ index: Int, _ tensor: TensorFacts, _ s: Int) -> Link {
    let isSame = source.tensors[s].name == tensor.name
    let casts =
      source.tensors[s].dtype != tensor.dtype && isFloat(source.tensors[s].dtype)
      && isFloat(tensor.dtype)
    let step: Step = casts ? .cast : isSame ? .identity : .rename
    return Link(destination: index, sources: [s], operation: Operation([step]))
  }

  private mutating func follow(_ number: Int, _ index: Int, _ tensor: TensorFacts) {
    guard case .take(let pattern, let sources, let operation, let layer) = rules[number] else {
      skipped.append((index, number))
      return
    }
    guard let match = pattern.match(tensor.name) else { return }
    var found: [Int] = []
    for pattern in sources {
      let name = pattern.spell(match)
      if let s = name.flatMap({ sourceByName[$0] }) {
        found.append(s)
      } else if operation.isTie, let other = name.flatMap({ destinationByName[$0] }) {
        pendingTies[index] = (other, number)
        return
      } else {
        let text = name ?? Array(pattern.description.utf8)
        problems.append(Problem(kind: .noSource(text), rule: number, destination: index))
        return
      }
    }
    if found.count == 1, operation.keepsValues, !operation.steps.contains(.tie) {
      links.append(Entry(link: plainLink(index, tensor, found[0]), rule: number))
      return
    }
    var own = operation
    if let layer, match.numbers.indices.contains(layer) {
      own = operation.withIndex(match.numbers[layer])
    }
    links.append(
      Entry(link: Link(destination: index, sources: found, operation: own), rule: number))
  }

  // MARK: Ties of destination tensors

  private mutating func followTies() {
    guard !pendingTies.isEmpty else { return }
    let byDestination = Dictionary(
      links.map { ($0.link.destination, $0.link) }, uniquingKeysWith: { a, _ in a })
    for (start, tie) in pendingTies.sorted(by: { $0.key < $1.key }) {
      var at = tie.to
      var steps = 0
      while let next = pendingTies[at], steps <= pendingTies.count {
        at = next.to
        steps += 1
      }
      if steps > pendingTies.count {
        problems.append(Problem(kind: .cycle, rule: tie.rule, destination: start))
      } else if let link = byDestination[at] {
        let own = Operation(link.operation.steps + [.tie])
        links.append(
          Entry(
            link: Link(destination: start, sources: link.sources, operation: own), rule: tie.rule))
      } else {
        problems.append(
          Problem(
            kind: .noSource(destination.tensors[at].name), rule: tie.rule, destination: start))
      }
    }
  }
}

extension Operation {
  /// Only says that an array is shared.
  var isTie: Bool { keepsValues && steps.contains(.tie) }
}

extension Rule {
  var destinationPattern: NamePattern? {
    switch self {
    case .take(let destination, _, _, _): destination
    case .skip(let pattern): pattern
    default: nil
    }
  }

  var isAdd: Bool {
    if case .add = self { return true }
    return false
  }
}
