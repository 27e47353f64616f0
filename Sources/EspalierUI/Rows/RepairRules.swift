import EspalierDiagnosis
import EspalierTree

/// Under which names and in which form the source is read, as the user put it together.
public struct RepairRules: Equatable, Sendable {
  /// Of remedies and rules files, in the order in which they apply.
  public var rules: [Rule] = []
  /// Decided row by row; each is an exception to `rules`, a later one to an earlier one.
  public var byHand: [HandRule] = []

  /// Rows that are left over are paired where their names are at least so alike, in percent; nil to
  /// leave them alone.
  public var likeness: Int?

  public init(rules: [Rule] = [], byHand: [HandRule] = [], likeness: Int? = nil) {
    self.rules = rules
    self.byHand = byHand
    self.likeness = likeness
  }

  public var isEmpty: Bool { rules.isEmpty && byHand.isEmpty && likeness == nil }

  /// Takes rules in, each once, in the order of `order` where that lists them.
  mutating func add(_ new: [Rule], order: [Rule]) {
    let all = rules + new.filter { !rules.contains($0) }
    let known = Set(order)
    rules = order.filter(Set(all).contains) + all.filter { !known.contains($0) }
  }
}

/// Something that was decided for one row.
public enum HandRule: Equatable, Sendable {
  /// The destination's array is made of these arrays of the source, or tied to one of its own.
  case leaf(destination: Name, sources: [Name], operation: Operation)
  /// Arrays below a branch of the destination are those of the same name below the source's.
  case branch(destination: Name, source: Name)

  /// The row that it is for.
  var destination: Name {
    switch self {
    case .leaf(let destination, _, _), .branch(let destination, _): destination
    }
  }

  /// Whether it is for a row or for one below it.
  func isWithin(_ name: Name) -> Bool {
    destination == name || destination.bytes.starts(with: name.bytes + [UInt8(ascii: ".")])
  }
}

extension NamePattern {
  /// A pattern that only this name fits.
  init(_ name: Name) { self.init([.text(name.bytes)]) }
}

extension Rule {
  /// The destination names that it gives sources.
  var target: NamePattern? {
    if case .take(let pattern, _, _, _) = self { return pattern }
    return nil
  }

  /// Leaves arrays of the source out.
  public var drops: Bool {
    if case .drop = self { return true }
    return false
  }

  /// Goes into a container.
  public var enters: Bool {
    if case .enter = self { return true }
    return false
  }
}
