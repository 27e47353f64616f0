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

/// A load that went through and can be saved.
public struct LoadResult: Equatable, Sendable {
  public var mode: LoadMode
  /// What it was planned from.
  public var comparison: Comparison
  public var isSaved = false
}

/// Values of one array in numbers.
public struct Statistics: Equatable, Sendable {
  public var count: Int
  public var minimum: Double
  public var maximum: Double
  public var mean: Double
  public var deviation: Double
  public var zeros: Int
  public var nans: Int
  public var infinities: Int
  /// Counts in equal steps from minimum to maximum.
  public var histogram: [Int]

  public init(
    count: Int, minimum: Double, maximum: Double, mean: Double, deviation: Double, zeros: Int,
    nans: Int, infinities: Int, histogram: [Int]
  ) {
    self.count = count
    self.minimum = minimum
    self.maximum = maximum
    self.mean = mean
    self.deviation = deviation
    self.zeros = zeros
    self.nans = nans
    self.infinities = infinities
    self.histogram = histogram
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

/// One reason why a load does not go through.
public struct WhyEntry: Equatable, Sendable {
  public enum Harm: UInt8, Sendable, CaseIterable { case harmless, decision, blocks }

  public var sentence: String
  public var evidence: String
  public var harm: Harm
  public var remedy: String
  /// What Enter does.
  public var action: Action

  public enum Action: Equatable, Sendable {
    case none
    /// Shows the rows that are meant.
    case filter(String)
    /// The driver applies the remedy with this number, and plans again.
    case apply(Int)
  }

  public init(
    sentence: String, evidence: String = "", harm: Harm, remedy: String = "",
    action: Action = .none
  ) {
    self.sentence = sentence
    self.evidence = evidence
    self.harm = harm
    self.remedy = remedy
    self.action = action
  }
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
