import EspalierDiagnosis
import EspalierTree

/// What a rule touches, known before it runs.
public struct RulePreview: Sendable, Hashable {
  /// The rule as it stands in the list.
  public var rule: Rule
  /// How many tensors: of the source for rules that change its names, else of the destination.
  public var count: Int
  /// Whose tensors are counted.
  public var side: Side
  /// The first of them, safe to print.
  public var firstNames: [String]

  /// One of the two sides of a load.
  public enum Side: String, Sendable, Hashable {
    /// The model that is loaded into.
    case destination
    /// The checkpoint that is loaded from.
    case source
  }

  static let shownNames = 3

  /// What each rule of a list would touch, in order.
  public static func previews(
    of rules: [Rule], source: Inventory, destination: Inventory
  ) -> [RulePreview] {
    let reach = RuleReach(rules, source: source, destination: destination)
    return zip(rules, reach.touched).map {
      RulePreview($0, $1, source: source, destination: destination)
    }
  }

  /// `97 source tensors`.
  public var amount: String { counted(count, "\(side.rawValue) tensor") }

  init(_ rule: Rule, _ touched: [Int], source: Inventory, destination: Inventory) {
    self.rule = rule
    count = touched.count
    side = rule.isForDestination ? .destination : .source
    let tensors = rule.isForDestination ? destination.tensors : source.tensors
    firstNames = touched.prefix(Self.shownNames).map { visibleText(tensors[$0].name) }
  }
}

extension RulePreview: CustomStringConvertible {
  public var description: String {
    let names = firstNames.joined(separator: ", ")
    let rest = count > firstNames.count ? ", and \(grouped(count - firstNames.count)) more" : ""
    let what = rule.shortDescription
    return "\(what): \(amount): \(names)\(rest)"
  }
}
