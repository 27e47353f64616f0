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
    // Only what is drawn together is held against the other names.
    let templates = groups.values.contains { $0.count > 1 } ? self.templates() : [:]
    for key in order { rules.append(contentsOf: generalise(groups[key] ?? [], templates)) }
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
    var destination: [UInt8]
    var sources: [UInt8]
    var steps: [Step]

    init(_ link: Link, _ writer: RuleWriter) {
      destination = NamePattern.template(writer.destination.tensors[link.destination].name).text
      sources = []
      for s in link.sources {
        sources.append(contentsOf: NamePattern.template(writer.source.tensors[s].name).text)
        sources.append(1)
      }
      steps = link.operation.steps.map { step in
        if case .index(let axis, _) = step { return .index(axis: axis, at: -1) }
        return step
      }
    }
  }

  /// Numbers of all destination names, by template.
  private func templates() -> [[UInt8]: [[Int]]] {
    var out: [[UInt8]: [[Int]]] = [:]
    for tensor in destination.tensors {
      let (text, numbers) = NamePattern.template(tensor.name)
      out[text, default: []].append(numbers)
    }
    return out
  }

  private func literal(_ name: [UInt8]) -> NamePattern { NamePattern([.text(name)]) }

  /// One rule for the group where its numbers follow from the destination's; otherwise one for each
  /// value of its last number that allows it; otherwise one for each link.
  private func generalise(_ links: [Link], _ templates: [[UInt8]: [[Int]]], fixing places: Int = 0)
    -> [Rule]
  {
    guard links.count > 1, let first = links.first else { return links.map(single) }
    let (text, numbers) = NamePattern.template(destination.tensors[first.destination].name)
    if let (rule, varying) = pattern(links) {
      // The rule must say exactly this and nothing else of the destination's names.
      let fixed = numbers.indices.filter { !varying.contains($0) }
      let size = (templates[text] ?? []).count { other in
        fixed.allSatisfy { other[$0] == numbers[$0] }
      }
      if size == links.count { return [rule] }
    }
    guard places < numbers.count, numbers.count <= Bounds.numbers else { return links.map(single) }
    let place = numbers.count - 1 - places
    let parts = Dictionary(grouping: links) {
      NamePattern.template(destination.tensors[$0.destination].name).numbers[place]
    }
    return parts.keys.sorted().flatMap {
      generalise(parts[$0] ?? [], templates, fixing: places + 1)
    }
  }

  private func single(_ link: Link) -> Rule {
    .take(
      destination: literal(destination.tensors[link.destination].name),
      sources: link.sources.map { literal(source.tensors[$0].name) }, operation: link.operation,
      layerVariable: nil)
  }

  private func pattern(_ links: [Link]) -> (rule: Rule, varying: [Int])? {
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
    let rule = Rule.take(
      destination: NamePattern(pieces), sources: sources, operation: operation,
      layerVariable: layer)
    return (rule, varying)
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
