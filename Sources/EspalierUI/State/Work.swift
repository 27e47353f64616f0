import EspalierLoad
import EspalierTree

/// Long work in the background.
public struct Work: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case planning
    case loading(LoadMode)
    case saving(path: String)
    case statistics
  }

  public var kind: Kind
  /// Bytes done and in all; 0 in all while unknown.
  public var done = 0
  public var total = 0
  public var seconds = 0.0

  init(_ kind: Kind) { self.kind = kind }

  /// Bytes a second; nil before it means anything.
  public var speed: Double? { seconds > 0.2 && done > 0 ? Double(done) / seconds : nil }
  /// Seconds that are left at the speed so far.
  public var secondsLeft: Double? {
    guard let speed, total > done else { return nil }
    return Double(total - done) / speed
  }
}

/// A load that went through and can be saved, for as long as the rules are those that it went by.
public struct LoadResult: Equatable, Sendable {
  public var mode: LoadMode
  /// What it was planned from.
  public var comparison: Comparison
  /// What the user had changed about the load.
  var rules: LoadRules
  var options: PlanOptions
  public var isSaved = false
}

extension AppState {
  /// Whether the result is that of the load as it is shown now. Changed rules make it one of another
  /// load; undoing them brings it back.
  var isResultCurrent: Bool {
    guard let result else { return false }
    var (then, now) = (result.options, planOptions)
    // The order of rows loads nothing else.
    (then.fileOrder, now.fileOrder) = (false, false)
    return result.rules == rules.current && then == now
  }
}

/// What is known about the values of a leaf.
public enum StatisticsState: Equatable, Sendable {
  case reading
  case read(Statistics)
  case failed(String)
}

struct LeafKey: Hashable, Sendable {
  var side: Side
  var leaf: LeafID
}

/// One line for the user, and how it is meant.
public struct Message: Equatable, Sendable {
  public enum Tone: Sendable { case plain, good, warning, error }
  public var text: String
  public var tone: Tone

  public init(_ text: String, _ tone: Tone = .plain) {
    self.text = text
    self.tone = tone
  }
}
