import EspalierTree

/// One line of a repair. The first four change how source names are read; the rest say where
/// destination tensors come from. Rules are data: equal, sendable, readable, replayable.
public enum Rule: Hashable, Sendable {
  /// Read only what lies below this entry; other entries keep their names.
  case enter(String)
  /// Cut these leading components from source names that have them.
  case strip(String)
  /// Cut this component wherever it stands inside source names.
  case remove(String)
  /// Put these components before source names.
  case add(String)
  /// Destination tensors that match take these source tensors, through this operation. An `index`
  /// step whose position is `layerVariable` takes the value of that variable.
  case take(
    destination: NamePattern, sources: [NamePattern], operation: Operation, layerVariable: Int?)
  /// Destination tensors that match keep their initial values.
  case skip(NamePattern)
  /// Source tensors that match are left out of the load.
  case drop(NamePattern)

  /// By what tells most rules apart; lists hold them by the hundred thousand.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .enter(let name), .strip(let name), .remove(let name), .add(let name):
      hasher.combine(name)
    case .take(let pattern, _, _, _), .skip(let pattern), .drop(let pattern):
      hasher.combine(pattern)
    }
  }

  /// The verbs under which the rule is known: all that it does to values, or else to names.
  public var verbs: Set<String> {
    switch self {
    case .enter: return ["enter"]
    case .strip: return ["strip"]
    case .remove: return ["remove"]
    case .add: return ["add"]
    case .skip: return ["skip"]
    case .drop: return ["drop"]
    case .take(_, _, let operation, _):
      let telling = operation.steps.filter { !$0.keepsValues || $0 == .tie }
      let steps = telling.isEmpty ? [operation.steps.last ?? .rename] : telling
      return Set(steps.map(\.verb))
    }
  }

  /// Is it known under one of these?
  func does(_ wanted: Set<String>) -> Bool {
    // Lists hold rules with one step by the hundred thousand.
    if case .take(_, _, let operation, _) = self, operation.steps.count == 1 {
      return wanted.contains(operation.steps[0].verb)
    }
    return !wanted.isDisjoint(with: verbs)
  }

  /// Changes how names are read, for all of them.
  public var changesNames: Bool {
    switch self {
    case .enter, .strip, .remove, .add: true
    case .take, .skip, .drop: false
    }
  }

  /// Takes tensors out of the load, and does nothing else.
  var leavesOut: Bool {
    switch self {
    case .skip, .drop: true
    case .enter, .strip, .remove, .add, .take: false
    }
  }

  /// The operation undone loses nothing.
  public var isReversible: Bool {
    switch self {
    case .enter, .strip, .remove, .add: return true
    case .skip, .drop: return false
    case .take(_, _, let operation, _):
      return operation.steps.allSatisfy { step in
        switch step {
        case .identity, .rename, .tie, .transpose, .permute, .reshape, .take, .flip, .concat,
          .stack:
          true
        default: false
        }
      }
    }
  }
}

extension Rule: CustomStringConvertible {
  public var description: String {
    switch self {
    case .enter(let name): return "enter \(name)"
    case .strip(let name): return "strip \(name)"
    case .remove(let name): return "remove \(name)"
    case .add(let name): return "add \(name)"
    case .skip(let pattern): return "skip \(pattern)"
    case .drop(let pattern): return "drop \(pattern)"
    case .take(let destination, let sources, let operation, let variable):
      let from = sources.map(\.description).joined(separator: " + ")
      let layer = variable.map { " at {\($0)}" } ?? ""
      return "\(destination) = \(from) : \(operation)\(layer)"
    }
  }

  /// For people: that an array only has another name needs no saying, and no name steers a terminal. `description` is what
  /// `init(_:)` reads.
  public var shortDescription: String {
    guard case .take(let destination, let sources, let operation, _) = self,
      operation == Operation([.rename])
    else { return visibleText(description.utf8) }
    let from = sources.map(\.description).joined(separator: " + ")
    return visibleText("\(destination) = \(from)".utf8)
  }
}
