import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// Everything that the interface knows. A value: views turn it into a ``Screen``, and
/// ``reduce(into:_:)`` alone changes it.
///
/// A driver owns one and turns the crank:
///
///     var state = AppState(destination: "model.safetensors", source: "trained.pt")
///     var pending = state.start()
///     while true {
///       for effect in pending { run(effect) }  // in the background; results come back as actions
///       draw(render(state))
///       pending = reduce(into: &state, nextAction())  // .input(event), or a result
///     }
public struct AppState: Equatable, Sendable {
  // What was asked for, and what has been read.
  public internal(set) var destination: SideState
  public internal(set) var source: SideState
  /// What stood on a side before another file was asked for, until that has been read.
  var replaced: [Side: SideState] = [:]
  /// The rows; nil until the destination has been read.
  public internal(set) var browse: Browse?
  /// Numbers requests, so that late answers are known.
  var lastRequest = 0
  var planNumber = 0

  // The window.
  public internal(set) var width: Int
  public internal(set) var height: Int
  public var options = ViewOptions()
  public var planOptions = PlanOptions()
  public var keyMap = KeyMap.standard

  // What the user is about.
  public internal(set) var focus = Pane.tree
  public internal(set) var overlay: Overlay?
  var pendingKeys: [Key] = []
  /// The command that `pendingKeys` has run already, as `]` before the `c` of `]c`.
  var pendingDone: Command?
  public internal(set) var count: Int?
  public internal(set) var search: Search?
  public internal(set) var filter: Filter?
  public internal(set) var rules = RuleHistory()
  /// What a load takes of both sides; everything where it is empty.
  public var selection = PathSelection()
  /// The source under the rules in force, and the rules that it was made by.
  var repaired: RepairedFile?
  var repairNumber = 0
  /// Said once the trees have been aligned under changed rules.
  var repairNote: String?
  /// The row that waits for its partner.
  var linkStart: LinkStart?
  /// A rules file to be read once both sides are open.
  public var rulesFile: String?
  /// Whether marks say what a lenient load would do.
  public internal(set) var isPreviewing = false
  public internal(set) var message: Message?
  var searchHistory: [String] = []

  // Work and its results.
  public internal(set) var work: Work?
  public internal(set) var result: LoadResult?
  /// The load that is running: its result belongs to the rules of its beginning.
  var running: LoadResult?
  public internal(set) var diagnoses: [WhyEntry] = []
  /// Sizes of both models, side by side.
  public internal(set) var sizes: [SizeRow] = []
  /// Those of ``diagnoses`` whose rows have all been decided by hand.
  var metByHand: Set<Int> = []
  /// Counts the files that were opened, so that causes are looked for once for each pair.
  var pair = 0
  var diagnosedPair = -1
  /// All rules of the remedies, in the order in which they apply.
  var ruleOrder: [Rule] = []
  var why = Overlay.Cursor()
  var rowPaneTop = 0
  var statistics: [LeafKey: StatisticsState] = [:]
  /// Names of the formats that can be saved, the preferred one first, with their extensions.
  public var saveFormats: [SaveFormat] = [SaveFormat(name: "safetensors", suffix: "safetensors")]

  public struct SaveFormat: Equatable, Sendable {
    public var name: String
    public var suffix: String
    /// Other endings that mean the same format.
    public var otherSuffixes: [String]
    /// Whether it is more than a description.
    public var holdsValues: Bool

    public init(
      name: String, suffix: String, otherSuffixes: [String] = [], holdsValues: Bool = true
    ) {
      self.name = name
      self.suffix = suffix
      self.otherSuffixes = otherSuffixes
      self.holdsValues = holdsValues
    }

    func isEnding(of path: String) -> Bool {
      ([suffix] + otherSuffixes).contains { path.hasSuffix("." + $0) }
    }
  }

  public enum Pane: UInt8, Sendable, CaseIterable { case tree, row, why }

  /// - Parameter source: nil to browse one file.
  public init(destination: String, source: String?, width: Int = 80, height: Int = 24) {
    self.destination = .opening(path: destination, done: 0, total: 0)
    self.source = source.map { .opening(path: $0, done: 0, total: 0) } ?? .none
    self.width = width
    self.height = height
  }

  /// For a model of the running program, which need not be opened.
  public init(model: OpenFile, source: String, width: Int = 80, height: Int = 24) {
    self.init(destination: model.path, source: source, width: width, height: height)
    destination = .open(model)
  }

  /// What has to be done first.
  ///
  /// - Parameter roots: containers to enter, where the user named them.
  public func start(destinationRoot: String? = nil, sourceRoot: String? = nil) -> [Effect] {
    var effects: [Effect] = []
    if case .opening(let path, _, _) = destination {
      effects.append(.open(.destination, path: path, root: destinationRoot))
    }
    if let path = source.path { effects.append(.open(.source, path: path, root: sourceRoot)) }
    return effects
  }

  /// Whether one file is looked at alone.
  public var isSingle: Bool { source == .none }

  public func side(_ side: Side) -> SideState { side == .destination ? destination : source }

  /// The array leaves of the row under the cursor.
  var arraysUnderCursor: [LeafKey] {
    guard let browse, let row = browse.current else { return [] }
    let alignment = browse.comparison.alignment
    return Side.allCases.compactMap { side in
      guard let leaf = alignment.leaf(row, side), alignment.tree(side).kind(of: leaf) == .array
      else { return nil }
      return LeafKey(side: side, leaf: leaf)
    }
  }

  /// What the why pane lists: diagnoses, or the issues by kind until there are any.
  public var whyEntries: [WhyEntry] {
    if !diagnoses.isEmpty { return diagnoses }
    return browse.map { issueEntries(of: $0.comparison) } ?? []
  }

  mutating func nextRequest() -> Int {
    lastRequest += 1
    return lastRequest
  }
}

extension Browse {
  /// Whether rows are out of sight only because of a filter.
  var filteredAway: Bool { filtered != nil && visible.isEmpty }
}
