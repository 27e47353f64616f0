import EspalierDiagnosis
import EspalierLoad
import EspalierTree

/// What can happen: input, and results of effects.
public enum Action: Equatable, Sendable {
  case input(InputEvent)
  /// A verb, as the palette or a script gives it.
  case command(Command, count: Int? = nil)
  /// A line as typed after `:`.
  case line(String)

  // Results of effects.
  case opening(Side, done: Int, total: Int)
  case opened(Side, OpenFile)
  case openFailed(Side, sentence: String)
  case planned(Int, Comparison)
  case planFailed(Int, sentence: String)
  case found(FindResult)
  /// The causes for a pair, and all rules of their remedies in the order in which they apply.
  case diagnosed(pair: Int, [WhyEntry], rules: [Rule], sizes: [SizeRow] = [])
  /// The source as rules have made it.
  case repaired(Int, OpenFile)
  case repairFailed(Int, sentence: String)
  case rulesRead(path: String, rules: [Rule], skipped: [TreePath])
  case rulesSaved(path: String, count: Int)
  /// There is a file already.
  case rulesWouldReplace(path: String, sentence: String)
  case statistics(Side, LeafID, Statistics)
  case statisticsFailed(Side, LeafID, sentence: String)
  /// Bytes done and in all of the work at hand, and the seconds since it began.
  case progress(done: Int, total: Int, seconds: Double)
  case loaded(LoadMode)
  case loadFailed(sentence: String)
  case saved(path: String, sentence: String)
  /// There is a file already: the sentence says which and what would be lost.
  case saveWouldReplace(path: String, format: String, sentence: String)
  case saveFailed(sentence: String)
  /// The work at hand was stopped; nothing has been changed.
  case cancelled
  case completions([String])
  case copied(Bool)
  case message(Message)
}

/// What the driver is to do. Data, so that tests compare it.
public enum Effect: Equatable, Sendable {
  /// Read a file's description. Answers: `.opening`, `.opened`, `.openFailed`.
  case open(Side, path: String, root: String?)
  /// Align and plan, see ``PlanRequest``. Answers: `.planned`, `.planFailed`.
  case plan(PlanRequest)
  /// Look through all rows, see ``RowFinder``. A newer request replaces the one at work.
  /// Answer: `.found`.
  case find(FindRequest)
  /// Find causes for a pair of files. Answer: `.diagnosed`, or none.
  case diagnose(DiagnosisRequest)
  /// Read the source through rules. Answers: `.repaired`, `.repairFailed`.
  case repair(RepairRequest)
  /// Read a rules file. Answers: `.rulesRead`, `.message`.
  case readRules(path: String, destination: OpenFile, source: OpenFile)
  /// Write the rules in force to a file. Answers: `.rulesSaved`, `.rulesWouldReplace` (only when
  /// `replace` is false), `.message`.
  case saveRules(path: String, RepairRequest, replace: Bool)
  /// Read the values of one array. Answers: `.statistics`, `.statisticsFailed`.
  case readStatistics(Side, LeafID, Repair?)
  /// Apply a plan. Answers: `.progress`, `.loaded`, `.loadFailed`, `.cancelled`.
  case load(LoadMode, Comparison)
  /// Write the result of the load. Answers: `.progress`, `.saved`, `.saveWouldReplace` (only when
  /// `replace` is false), `.saveFailed`, `.cancelled`.
  case save(path: String, format: String, replace: Bool)
  /// Paths that begin so. Answer: `.completions`.
  case completePath(String)
  /// Answer: `.copied`.
  case copyToClipboard(String)
  /// Stop the load, the save or the planning that is at work.
  case cancel
  case suspend
  /// Draw every cell anew.
  case redraw
  /// Take the mouse, or give it back to the terminal.
  case setMouse(Bool)
  case quit
}
