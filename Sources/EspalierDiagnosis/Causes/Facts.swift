import EspalierTree

/// What the causes are judged on: pairs, leftovers and steps, sorted once.
struct Facts {
  let findings: Findings
  let matcher: Matcher
  let names: NameTable
  /// One-to-one pairs of plain slots, by name, order or structure.
  var pairs: [Pair] = []
  /// Destination slots without a source, and source slots without use, nothing explained yet.
  var missing: [Int] = []
  var surplus: [Int] = []
  /// Links by destination tensor.
  var links: [Link] { findings.links }
  var before: Coverage
  var after: Coverage
  var rules: [Rule] = []
  /// Tensors that a link gives or takes.
  private var linked: (destination: NumberSet, source: NumberSet) = (NumberSet(), NumberSet())
  /// What was cut off in front of names.
  private(set) var prefixes = PrefixFacts()
  let spelling: Spelling
  /// Destination slot of each tensor that is one slot.
  private(set) var slots: [Int?]

  struct Pair {
    var d: Int
    var s: Int
    /// Destination path without missing prefixes; source path after all cuts.
    var destination: [Int]
    var source: [Int]
    var stripped: Bool
  }

  init(_ findings: Findings, _ spelling: Spelling) {
    self.findings = findings
    self.spelling = spelling
    matcher = findings.matcher
    for link in findings.links {
      linked.destination.insert(link.destination)
      for source in link.sources { linked.source.insert(source) }
    }
    names = findings.names
    before = spelling.equal
    after = Coverage(findings.links, of: findings.destination)
    let missingPrefixes = findings.missingPrefixes
    for (d, link) in matcher.links {
      guard link.evidence != .tie, link.sources.count == 1 else {
        continue
      }
      switch link.join {
      case .none, .resized: break
      default: continue
      }
      let s = link.sources[0]
      let long = matcher.destination[d].path
      let short = matcher.shortPaths[d]
      let stripped =
        long.count != short.count && matcher.source[s].path == short
        && missingPrefixes.contains { long.starts(with: $0) }
      pairs.append(
        Pair(
          d: d, s: s, destination: stripped ? short : long, source: matcher.source[s].path,
          stripped: stripped))
    }
    slots = [Int?](repeating: nil, count: findings.destination.tensors.count)
    for (d, slot) in matcher.destination.enumerated() {
      if let tensor = slot.parts.first { slots[tensor] = d }
    }
    let resizedSources = Set(findings.resized.map(\.source))
    let resizedDestinations = Set(findings.resized.map(\.destination))
    missing = matcher.destination.indices.filter {
      !matcher.links.contains($0) && !resizedDestinations.contains($0)
    }
    surplus = matcher.source.indices.filter { !matcher.used[$0] && !resizedSources.contains($0) }
    prefixes = PrefixFacts(self)
  }

  // MARK: Words

  func destinationNames(_ slots: [Int]) -> [[UInt8]] {
    unique(slots.compactMap { matcher.destination[$0].parts.first }).map {
      findings.destination.tensors[$0].name
    }
  }

  func sourceNames(_ slots: [Int]) -> [[UInt8]] {
    unique(slots.flatMap { matcher.source[$0].parts }).map { findings.source.tensors[$0].name }
  }

  func sourceTensorNames(_ tensors: [Int]) -> [[UInt8]] {
    tensors.map { findings.source.tensors[$0].name }
  }

  private func unique(_ tensors: [Int]) -> [Int] {
    var seen: Set<Int> = []
    return tensors.filter { seen.insert($0).inserted }
  }

  /// A diagnosis with coverage, and as its remedy the rules that do one of `verbs` and those that
  /// take `leaving` out of the load.
  func diagnosis(
    _ cause: Cause, _ sentence: String, evidence: [String], harm: Harm, verbs: Set<String> = [],
    choices: [Rule] = [], leaving: Leftovers = Leftovers(), isAssumption: Bool = false
  ) -> Diagnosis {
    // Names of the files are part of both: what is said about them steers no terminal.
    Diagnosis(
      cause: cause, sentence: visibleText(sentence.utf8),
      evidence: evidence.map { visibleText($0.utf8) }, harm: harm,
      remedy: (verbs.isEmpty ? [] : rules.filter { $0.does(verbs) })
        + leavingOut(leaving),
      choices: choices, before: before, after: after, isAssumption: isAssumption)
  }

  /// Tensors that have no partner, and need none.
  struct Leftovers {
    var destination: [Int] = []
    var source: [Int] = []
  }

  /// The tensors of slots that no link takes.
  func leftovers(destination: [Int] = [], source: [Int] = []) -> Leftovers {
    Leftovers(
      destination: unique(destination.compactMap { matcher.destination[$0].parts.first }),
      source: unique(source.flatMap { matcher.source[$0].parts }))
  }

  /// Rules by which destination tensors keep their values and source tensors stay out, so that a
  /// strict load can speak of the rest. What stands beside an entered container is out anyhow.
  func leavingOut(_ tensors: Leftovers) -> [Rule] {
    guard !tensors.destination.isEmpty || !tensors.source.isEmpty else { return [] }
    let reader = NameReader(rules)
    let skipped = Set(
      rules.compactMap { rule -> [UInt8]? in
        guard case .skip(let pattern) = rule else { return nil }
        return pattern.literal
      })
    let kept = tensors.destination.filter {
      !linked.destination.contains($0) && !skipped.contains(findings.destination.tensors[$0].name)
    }
    let dropped = tensors.source.filter {
      !linked.source.contains($0) && reader.finalName(findings.source.tensors[$0]).isEntered
    }
    let (left, right) = (spelling.destination, spelling.source)
    return RuleWriter(left, right).patterns(kept).map { .skip($0) }
      + RuleWriter(right, left).patterns(dropped).map { .drop($0) }
  }
}

/// Names in few words, without hiding a difference: numbers are drawn together only where every
/// combination is there, and every pattern carries its count.
enum NameSummary {
  static func lines(_ names: [[UInt8]], limit: Int = 8) -> [String] {
    struct Group {
      var texts: [[UInt8]]
      var numbers: [[Int]] = []
    }
    var groups: [[[UInt8]]: Int] = [:]
    var order: [Group] = []
    for name in names {
      let parts = NamePattern.parts(name)
      if let at = groups[parts.texts] {
        order[at].numbers.append(parts.numbers)
      } else {
        groups[parts.texts] = order.count
        order.append(Group(texts: parts.texts, numbers: [parts.numbers]))
      }
    }
    var lines = order.prefix(limit).map { group in line(group.texts, group.numbers) }
    if order.count > limit {
      let rest = order.dropFirst(limit).reduce(0) { $0 + $1.numbers.count }
      lines.append("and \(rest) more names in \(order.count - limit) patterns")
    }
    return lines
  }

  private static func line(_ texts: [[UInt8]], _ numbers: [[Int]]) -> String {
    let count = numbers.count
    let places = (numbers.first ?? []).indices
    let values = places.map { place in Set(numbers.map { $0[place] }).sorted() }
    let product = values.reduce(1) { $0.multipliedReportingOverflow(by: $1.count).partialValue }
    let isFull = product == count
    var out = ""
    for (place, text) in texts.enumerated() {
      out += String(decoding: text, as: UTF8.self)
      guard place < values.count else { continue }
      if values[place].count == 1 {
        out += "\(values[place][0])"
      } else {
        out += "{" + ranges(values[place]) + "}"
      }
    }
    if count == 1 { return out }
    return isFull ? "\(out) (\(count))" : "\(out) (\(count) of \(product) combinations)"
  }

  /// `0…6,8` for all numbers from 0 to 8 but 7.
  static func ranges(_ values: [Int]) -> String {
    var parts: [String] = []
    var at = 0
    while at < values.count {
      var end = at
      while end + 1 < values.count, values[end + 1] == values[end] + 1 { end += 1 }
      parts.append(
        end == at
          ? "\(values[at])"
          : end == at + 1 ? "\(values[at]),\(values[end])" : "\(values[at])…\(values[end])")
      at = end + 1
    }
    return parts.joined(separator: ",")
  }
}

/// `1 tensor is`, `2 tensors are`.
func counted(_ count: Int, _ noun: String, _ one: String, _ many: String) -> String {
  "\(counted(count, noun)) \(count == 1 ? one : many)"
}
