import EspalierDiagnosis
import EspalierTree

/// Why rules cannot be applied to a pair of checkpoints. Nothing has been read.
public struct RepairError: Error, Hashable, Sendable {
  /// What kind of refusal it is.
  public enum Reason: Hashable, Sendable {
    /// A rule that no name of its side fits.
    case namesNothing
    /// Two rules for one destination tensor.
    case contradiction
    /// Ties that lead back to where they began.
    case cycle
    /// A result of another shape than the destination's, or a step that does not fit its input.
    case shape
    /// A step that exists, but not for these tensors.
    case unsupported
    /// The repaired source cannot be a tree: too large, too deep.
    case tree
  }

  /// What kind of refusal it is.
  public var reason: Reason
  /// The place of the rule in its list, nil where no single rule is to blame.
  public var rule: Int?
  /// The rule in its one-line form.
  public var ruleText: String?
  /// The tensor at which it shows, safe to print.
  public var tensor: String?
  /// What the rules or the tensors are.
  public var found: String
  /// What they should be.
  public var expected: String

  /// A refusal; see the properties.
  public init(
    _ reason: Reason, rule: Int? = nil, ruleText: String? = nil, tensor: String? = nil,
    found: String, expected: String
  ) {
    self.reason = reason
    self.rule = rule
    self.ruleText = ruleText
    self.tensor = tensor
    self.found = found
    self.expected = expected
  }
}

extension RepairError: CustomStringConvertible {
  /// Without the rule's place: a file says it as file and line.
  public var sentence: String {
    let what = ruleText.map { "the rule “\($0)”" } ?? "the rules"
    let at = tensor.map { " at \($0)" } ?? ""
    return "\(what)\(at): found \(found), expected \(expected)"
  }

  public var description: String {
    (rule.map { "rule \($0 + 1): " } ?? "") + sentence
  }
}
