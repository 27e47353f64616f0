/// Writes a mapping as rules: first how names change, then one rule for each group of links that
/// differ in numbers only.
struct RuleWriter {
  let destination: Inventory
  let source: Inventory

  /// - Parameter reading: the rules that change how names are read.
  func write(_ links: [Link], reading: [Rule], skipped: [Int]) -> [Rule] {
    let reader = NameReader(reading)
    let byName = reader.index(source)
    var groups: [Key: [Link]] = [:]
    var order: [Key] = []
    for link in links {
      if link.operation.keepsValues, !link.operation.steps.contains(.tie), link.sources.count == 1,
        byName[destination.tensors[link.destination].name] == link.sources[0]
      {
        continue
      }
      let key = Key(link, self)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(link)
    }
    var rules = reading
    for key in order { rules.append(contentsOf: generalise(groups[key] ?? [])) }
    // What names alone would load but must not be loaded.
    let linked = Set(links.map(\.destination))
    for d in skipped where !linked.contains(d) {
      if let s = byName[destination.tensors[d].name],
        source.tensors[s].shape == destination.tensors[d].shape
      {
        rules.append(.skip(literal(destination.tensors[d].name)))
      }
    }
    return rules
  }

  private struct Key: Hashable {
    var destination: [[UInt8]]
    var sources: [[[UInt8]]]
    var steps: [Step]

    init(_ link: Link, _ writer: RuleWriter) {
      destination = NamePattern.parts(writer.destination.tensors[link.destination].name).texts
      sources = link.sources.map { NamePattern.parts(writer.source.tensors[$0].name).texts }
      steps = link.operation.steps.map { step in
        if case .index(let axis, _) = step { return .index(axis: axis, at: -1) }
        return step
      }
    }
  }

  private func literal(_ name: [UInt8]) -> NamePattern { NamePattern([.text(name)]) }

  /// One rule for the group where its numbers follow from the destination's, else one each.
  private func generalise(_ links: [Link]) -> [Rule] {
    guard links.count > 1, let first = links.first, let rule = pattern(links) else {
      return links.map(single)
    }
    // The rule must say exactly this and nothing else of the destination's names.
    guard case .take(let pattern, _, _, _) = rule else { return links.map(single) }
    let size = matches(pattern, like: first)
    return size == links.count ? [rule] : links.map(single)
  }

  private func matches(_ pattern: NamePattern, like link: Link) -> Int {
    destination.tensors.count { pattern.match($0.name) != nil }
  }

  private func single(_ link: Link) -> Rule {
    .take(
      destination: literal(destination.tensors[link.destination].name),
      sources: link.sources.map { literal(source.tensors[$0].name) }, operation: link.operation,
      layerVariable: nil)
  }

  private func pattern(_ links: [Link]) -> Rule? {
    let names = links.map { NamePattern.parts(destination.tensors[$0.destination].name) }
    guard let first = names.first, let link = links.first else { return nil }
    let varying = first.numbers.indices.filter { place in
      names.contains { $0.numbers[place] != first.numbers[place] }
    }
    let variables = names.map { parts in varying.map { parts.numbers[$0] } }
    var pieces: [NamePattern.Piece] = []
    for place in first.texts.indices {
      if !first.texts[place].isEmpty { pieces.append(.text(first.texts[place])) }
      guard place < first.numbers.count else { continue }
      if let variable = varying.firstIndex(of: place) {
        pieces.append(.hole(NamePattern.Hole(variable: variable)))
      } else {
        pieces.append(.text(Array(String(first.numbers[place]).utf8)))
      }
    }
    var sources: [NamePattern] = []
    for at in link.sources.indices {
      let parts = links.map { NamePattern.parts(source.tensors[$0.sources[at]].name) }
      guard let made = follow(parts, variables) else { return nil }
      sources.append(made)
    }
    guard let (operation, layer) = follow(links.map(\.operation), variables) else { return nil }
    return .take(
      destination: NamePattern(pieces), sources: sources, operation: operation, layerVariable: layer
    )
  }

  /// The source's numbers as constants, or as a destination's number plus or minus something.
  private func follow(_ parts: [(texts: [[UInt8]], numbers: [Int])], _ variables: [[Int]])
    -> NamePattern?
  {
    guard let first = parts.first else { return nil }
    var pieces: [NamePattern.Piece] = []
    for place in first.texts.indices {
      if !first.texts[place].isEmpty { pieces.append(.text(first.texts[place])) }
      guard place < first.numbers.count else { continue }
      let values = parts.map { $0.numbers[place] }
      if values.allSatisfy({ $0 == values[0] }) {
        pieces.append(.text(Array(String(values[0]).utf8)))
      } else if let hole = hole(values, variables) {
        pieces.append(.hole(hole))
      } else {
        return nil
      }
    }
    return NamePattern(pieces)
  }

  private func hole(_ values: [Int], _ variables: [[Int]]) -> NamePattern.Hole? {
    for variable in (variables.first ?? []).indices {
      let numbers = variables.map { $0[variable] }
      let difference = values[0] - numbers[0]
      if zip(values, numbers).allSatisfy({ $0 - $1 == difference }) {
        return NamePattern.Hole(variable: variable, offset: difference)
      }
      let total = values[0] + numbers[0]
      if zip(values, numbers).allSatisfy({ $0 + $1 == total }) {
        return NamePattern.Hole(variable: variable, offset: total, countsDown: true)
      }
    }
    return nil
  }

  /// One operation for all links; positions of `index` steps may follow a variable.
  private func follow(_ operations: [Operation], _ variables: [[Int]]) -> (Operation, Int?)? {
    guard let first = operations.first else { return nil }
    if operations.allSatisfy({ $0 == first }) { return (first, nil) }
    for variable in (variables.first ?? []).indices {
      let fits = zip(operations, variables).allSatisfy { operation, values in
        operation.withIndex(values[variable]) == operation
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
