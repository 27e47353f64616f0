/// Draws links together that differ in numbers only.
struct RuleGeneralising {
  private let links: [Link]
  private var destination: SpelledNames
  private var source: SpelledNames
  /// Names of the linked destination tensors, and of the sources in their order, link by link.
  private var destinationNames: [NumberedName] = []
  private var sourceNames: [[NumberedName]] = []
  /// Numbers of all destination names, by template.
  private var known: [Int: [[Int]]] = [:]

  init(_ links: [Link], destination: SpelledNames, source: SpelledNames) {
    self.links = links
    self.destination = destination
    self.source = source
    destinationNames.reserveCapacity(links.count)
    sourceNames.reserveCapacity(links.count)
    for link in links {
      destinationNames.append(self.destination.name(link.destination))
      sourceNames.append(link.sources.map { self.source.name($0) })
    }
  }

  /// One link's names without their numbers, and what is done.
  private struct Key: Hashable {
    var destination: Int
    var sources: [Int]
    var steps: [Step]
  }

  private func key(_ at: Int) -> Key {
    Key(
      destination: destinationNames[at].template, sources: sourceNames[at].map(\.template),
      steps: links[at].operation.steps.map { step in
        if case .index(let axis, _) = step { return .index(axis: axis, at: -1) }
        return step
      })
  }

  /// Rules in the order of the first link of each.
  mutating func rules() -> [Rule] {
    var numbers: [Key: Int] = [:]
    var groups: [[Int]] = []
    for at in links.indices {
      let key = key(at)
      if let group = numbers[key] {
        groups[group].append(at)
      } else {
        numbers[key] = groups.count
        groups.append([at])
      }
    }
    // Only what is drawn together is held against the other names.
    if groups.contains(where: { $0.count > 1 }) {
      for tensor in destination.inventory.tensors.indices {
        let name = destination.name(tensor)
        known[name.template, default: []].append(name.numbers)
      }
    }
    return groups.flatMap { generalise($0) }
  }

  /// One rule for the group where its numbers follow from the destination's; otherwise one for each
  /// value of its last number that allows it; otherwise one for each link.
  private func generalise(_ group: [Int], fixing places: Int = 0) -> [Rule] {
    guard group.count > 1, let first = group.first else { return group.map(single) }
    let (template, numbers) = (destinationNames[first].template, destinationNames[first].numbers)
    if let (rule, varying) = pattern(group) {
      // The rule must say exactly this and nothing else of the destination's names.
      let fixed = numbers.indices.filter { !varying.contains($0) }
      let size = (known[template] ?? []).count { other in
        fixed.allSatisfy { other[$0] == numbers[$0] }
      }
      if size == group.count { return [rule] }
    }
    guard places < numbers.count, numbers.count <= Bounds.numbers else { return group.map(single) }
    let place = numbers.count - 1 - places
    let parts = Dictionary(grouping: group) { destinationNames[$0].numbers[place] }
    return parts.keys.sorted().flatMap { generalise(parts[$0] ?? [], fixing: places + 1) }
  }

  private func single(_ at: Int) -> Rule {
    let link = links[at]
    return .take(
      destination: NamePattern([.text(destination.inventory.tensors[link.destination].name)]),
      sources: link.sources.map { NamePattern([.text(source.inventory.tensors[$0].name)]) },
      operation: link.operation, layerVariable: nil)
  }

  private func pattern(_ group: [Int]) -> (rule: Rule, varying: [Int])? {
    guard let at = group.first else { return nil }
    let first = destinationNames[at].numbers
    let varying = first.indices.filter { place in
      group.contains { destinationNames[$0].numbers[place] != first[place] }
    }
    let variables = varying.map { place in group.map { destinationNames[$0].numbers[place] } }
    let link = links[at]
    let pieces = pieces(destination.inventory.tensors[link.destination].name) { place in
      varying.firstIndex(of: place).map { .hole(NamePattern.Hole(variable: $0)) } ?? .constant
    }
    guard let pieces, let (operation, layer) = follow(group, variables) else { return nil }
    var sources: [NamePattern] = []
    for (which, s) in link.sources.enumerated() {
      let made = self.pieces(source.inventory.tensors[s].name) { place in
        let values = group.map { sourceNames[$0][which].numbers[place] }
        return values.allSatisfy { $0 == values[0] } ? .constant : follow(values, variables)
      }
      guard let made else { return nil }
      sources.append(NamePattern(made))
    }
    let rule = Rule.take(
      destination: NamePattern(pieces), sources: sources, operation: operation,
      layerVariable: layer)
    return (rule, varying)
  }

  /// What a number of a group's names is to a rule.
  private enum Number {
    case constant
    case hole(NamePattern.Hole)
    case unknown
  }

  /// A pattern's pieces from one name of the group; nil where a number has no rule.
  private func pieces(_ name: [UInt8], _ number: (Int) -> Number) -> [NamePattern.Piece]? {
    let parts = NamePattern.parts(name)
    var pieces: [NamePattern.Piece] = []
    for place in parts.texts.indices {
      if !parts.texts[place].isEmpty { pieces.append(.text(parts.texts[place])) }
      guard place < parts.numbers.count else { continue }
      switch number(place) {
      case .constant: pieces.append(.text(Array(String(parts.numbers[place]).utf8)))
      case .hole(let hole): pieces.append(.hole(hole))
      case .unknown: return nil
      }
    }
    return pieces
  }

  /// The source's numbers as a destination's number plus or minus something.
  ///
  /// - Parameter variables: for each number that varies in the destination, its values.
  private func follow(_ values: [Int], _ variables: [[Int]]) -> Number {
    for (variable, numbers) in variables.enumerated() {
      let difference = values[0] - numbers[0]
      if values.indices.allSatisfy({ values[$0] - numbers[$0] == difference }) {
        return .hole(NamePattern.Hole(variable: variable, offset: difference))
      }
      let total = values[0] + numbers[0]
      if values.indices.allSatisfy({ values[$0] + numbers[$0] == total }) {
        return .hole(NamePattern.Hole(variable: variable, offset: total, countsDown: true))
      }
    }
    return .unknown
  }

  /// One operation for all links; positions of `index` steps may follow a variable.
  private func follow(_ group: [Int], _ variables: [[Int]]) -> (Operation, Int?)? {
    guard let at = group.first else { return nil }
    let first = links[at].operation
    if group.allSatisfy({ links[$0].operation == first }) { return (first, nil) }
    for (variable, values) in variables.enumerated() {
      let fits = group.indices.allSatisfy { place in
        let operation = links[group[place]].operation
        return operation.withIndex(values[place]) == operation
      }
      if fits { return (first.withIndex(-1), variable) }
    }
    return nil
  }
}

extension Operation {
  /// The first `index` step at another position.
  func withIndex(_ position: Int) -> Operation {
    var copy = self
    for (at, step) in copy.steps.enumerated() {
      if case .index(let axis, _) = step {
        copy.steps[at] = .index(axis: axis, at: position)
        return copy
      }
    }
    return copy
  }
}
