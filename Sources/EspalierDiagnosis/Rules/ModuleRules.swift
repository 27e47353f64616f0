/// Draws rules for the parameters of a module together: `norm.*` for `norm.weight` and `norm.bias`.
///
/// Only where the rules are for all destination names below it, so that the one rule says what the
/// many said.
struct ModuleRules {
  private let destination: Inventory

  init(_ destination: Inventory) { self.destination = destination }

  /// The numbers of all names of a side, by the names' templates.
  private typealias Templates = [[UInt8]: [[Int]]]

  private func templates() -> Templates {
    var out: Templates = [:]
    for tensor in destination.tensors {
      let (text, numbers) = NamePattern.template(tensor.name)
      out[text, default: []].append(numbers)
    }
    return out
  }

  func merge(_ rules: [Rule]) -> [Rule] {
    // What nobody reads need not be short.
    guard rules.count > 1, rules.count <= Bounds.mergedRules else { return rules }
    var members: [Rule: [Int]] = [:]
    for (index, rule) in rules.enumerated() {
      for module in modules(of: rule) { members[module, default: []].append(index) }
    }
    let candidates = members.filter { $0.value.count > 1 }
    guard !candidates.isEmpty else { return rules }
    let templates = templates()
    let sizes = sizes(of: Set(candidates.keys.compactMap(\.destinationPattern)), templates)
    var taken: [Int: Rule] = [:]
    // The largest scope first; ties in the order of the rules.
    let order = candidates.sorted { a, b in
      let (x, y) = (scope(a.key), scope(b.key))
      return x != y ? x < y : (a.value[0], a.value.count) < (b.value[0], b.value.count)
    }
    for (module, indices) in order where indices.allSatisfy({ taken[$0] == nil }) {
      let count = indices.reduce(0) { $0 + size(of: rules[$1], templates) }
      guard let pattern = module.destinationPattern, sizes[pattern] == count else { continue }
      for index in indices { taken[index] = module }
    }
    var written: Set<Rule> = []
    return rules.enumerated().compactMap { index, rule in
      guard let module = taken[index] else { return rule }
      return written.insert(module).inserted ? module : nil
    }
  }

  private func scope(_ rule: Rule) -> Int {
    rule.destinationPattern?.pieces.reduce(0) { sum, piece in
      if case .text(let text) = piece { return sum + text.count }
      return sum + 1
    } ?? 0
  }

  // MARK: What a rule is a part of

  /// The rules for whole modules that this one can be a part of.
  private func modules(of rule: Rule) -> [Rule] {
    switch rule {
    case .skip(let pattern):
      let letters = Letter.spell(pattern)
      return joints(letters, tail: letters.count).map { .skip(Letter.open(letters[...$0])) }
    case .take(let destination, let sources, let operation, nil)
    where sources.count == 1 && operation == Operation([.rename]):
      let (left, right) = (Letter.spell(destination), Letter.spell(sources[0]))
      let tail = zip(left.reversed(), right.reversed()).prefix { $0 == $1 }.count
      return joints(left, tail: tail).compactMap { at in
        let from = right.count - (left.count - at)
        guard from > 0, right[from].isJoint else { return nil }
        let (module, source) = (left[...at], right[...from])
        guard Letter.variables(source).isSubset(of: Letter.variables(module)) else { return nil }
        return .take(
          destination: Letter.open(module), sources: [Letter.open(source)], operation: operation,
          layerVariable: nil)
      }
    default: return []
    }
  }

  /// Joints with no more than `tail` letters behind them.
  private func joints(_ letters: [Letter], tail: Int) -> [Int] {
    guard letters.count <= Bounds.moduleName else { return [] }
    return letters.indices.filter { at in
      letters[at].isJoint && at > 0 && at + 1 < letters.count && letters.count - at - 1 <= tail
    }
  }

  // MARK: How many names fit

  private func size(of rule: Rule, _ templates: Templates) -> Int {
    guard let pattern = rule.destinationPattern else { return 0 }
    let shape = NameShape(pattern)
    return (templates[shape.text] ?? []).count { shape.fits($0) }
  }

  /// The number of destination names below each module.
  private func sizes(of modules: Set<NamePattern>, _ templates: Templates) -> [NamePattern: Int] {
    var byText: [[UInt8]: [(module: NamePattern, shape: NameShape)]] = [:]
    for module in modules {
      let shape = NameShape(module)
      byText[shape.text, default: []].append((module, shape))
    }
    let longest = byText.keys.map(\.count).max() ?? 0
    var sizes: [NamePattern: Int] = [:]
    for (text, numbers) in templates {
      for at in text.indices.prefix(longest) where NamePattern.isJoint(text[at]) {
        for (module, shape) in byText[Array(text[...at])] ?? [] {
          sizes[module, default: 0] += numbers.count { shape.fits($0) }
        }
      }
    }
    return sizes
  }
}

/// A byte or a hole of a pattern.
private enum Letter: Hashable {
  case byte(UInt8)
  case hole(NamePattern.Hole)

  var isJoint: Bool {
    if case .byte(let byte) = self { return NamePattern.isJoint(byte) }
    return false
  }

  static func spell(_ pattern: NamePattern) -> [Letter] {
    pattern.pieces.flatMap { piece -> [Letter] in
      switch piece {
      case .text(let text): return text.map { .byte($0) }
      case .hole(let hole): return [.hole(hole)]
      case .rest: return []
      }
    }
  }

  /// The pattern of all names that begin like this.
  static func open(_ letters: ArraySlice<Letter>) -> NamePattern {
    NamePattern(
      letters.map { letter in
        switch letter {
        case .byte(let byte): return .text([byte])
        case .hole(let hole): return .hole(hole)
        }
      } + [.rest])
  }

  static func variables(_ letters: ArraySlice<Letter>) -> Set<Int> {
    Set(
      letters.compactMap { letter in
        if case .hole(let hole) = letter { return hole.variable }
        return nil
      })
  }
}

/// What a pattern asks of the numbers in a name of its template.
private struct NameShape {
  /// The template; without what ``NamePattern/Piece/rest`` stands for.
  private(set) var text: [UInt8] = []
  private var fixed: [(place: Int, number: Int)] = []
  private var variables: [Int: Int] = [:]
  private var equal: [(Int, Int)] = []

  init(_ pattern: NamePattern) {
    var places = 0
    for piece in pattern.pieces {
      switch piece {
      case .text(let bytes):
        let (text, numbers) = NamePattern.template(bytes)
        self.text += text
        for (at, number) in numbers.enumerated() { fixed.append((places + at, number)) }
        places += numbers.count
      case .hole(let hole):
        text += [0, 1]
        if let first = variables[hole.variable] { equal.append((first, places)) }
        variables[hole.variable] = variables[hole.variable] ?? places
        places += 1
      case .rest: break
      }
    }
  }

  func fits(_ numbers: [Int]) -> Bool {
    fixed.allSatisfy { numbers[$0.place] == $0.number }
      && equal.allSatisfy { numbers[$0.0] == numbers[$0.1] }
  }
}
