import EspalierDiagnosis
import EspalierTree

/// One reason why a load does not go through.
public struct WhyEntry: Equatable, Sendable {
  public enum Harm: UInt8, Sendable, CaseIterable { case harmless, decision, blocks }

  public var sentence: String
  public var evidence: String
  public var harm: Harm
  /// What can be done, in words; for a remedy its rules.
  public var remedy: String
  /// Names and shapes cannot decide it: the sentence says what was assumed.
  public var isAssumption: Bool
  /// The remedy is one that somebody may want: it is applied by Enter only, not with all others.
  public var isChoice: Bool
  /// What Enter does.
  public var action: Action

  public enum Action: Equatable, Sendable {
    case none
    /// Shows the rows that are meant.
    case filter(String)
    /// Reads the source through the rules of a remedy, or no longer.
    case remedy(Remedy)
  }

  /// Rules that repair something, and rows that are better left out.
  public struct Remedy: Equatable, Sendable {
    public var rules: [Rule]
    public var skipped: [TreePath]

    public init(rules: [Rule], skipped: [TreePath] = []) {
      self.rules = rules
      self.skipped = skipped
    }
  }

  public init(
    sentence: String, evidence: String = "", harm: Harm, remedy: String = "",
    isAssumption: Bool = false, isChoice: Bool = false, action: Action = .none
  ) {
    self.sentence = sentence
    self.evidence = evidence
    self.harm = harm
    self.remedy = remedy
    self.isAssumption = isAssumption
    self.isChoice = isChoice
    self.action = action
  }
}
