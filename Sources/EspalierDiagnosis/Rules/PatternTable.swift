/// Finds the rules for a name without trying all of them.
struct PatternTable {
  private var literal: [NameKey: [Int]] = [:]
  private var general: [NameKey: [(number: Int, pattern: NamePattern)]] = [:]
  /// Patterns for all names below one, by that one.
  private var open: [NameKey: [(number: Int, pattern: NamePattern)]] = [:]

  init(_ rules: [Rule], _ pattern: (Rule) -> NamePattern?) {
    for (number, rule) in rules.enumerated() {
      guard let pattern = pattern(rule) else { continue }
      if let name = pattern.literal {
        literal[NameKey(name), default: []].append(number)
      } else if pattern.isOpen {
        open[key(pattern.withZeros), default: []].append((number, pattern))
      } else {
        general[key(pattern.withZeros), default: []].append((number, pattern))
      }
    }
  }

  var isEmpty: Bool { literal.isEmpty && general.isEmpty && open.isEmpty }

  /// In the order of the rules.
  func rules(for name: [UInt8]) -> [Int] {
    let exact = literal.isEmpty ? [] : literal[NameKey(name)] ?? []
    guard !general.isEmpty || !open.isEmpty else { return exact }
    var candidates = general.isEmpty ? [] : general[key(name)] ?? []
    if !open.isEmpty {
      for at in name.indices where NamePattern.isJoint(name[at]) {
        candidates += open[key(Array(name[...at]))] ?? []
      }
    }
    let fitting = candidates.filter { $0.pattern.match(name) != nil }
    return fitting.isEmpty ? exact : (exact + fitting.map(\.number)).sorted()
  }

  /// What a name is without its numbers.
  private func key(_ name: [UInt8]) -> NameKey { NameKey(NamePattern.template(name).text) }
}
