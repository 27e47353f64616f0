/// One row of the table that everything about keys is made from.
public struct KeyRow: Sendable {
  public let command: Command
  /// Spellings, the one to show first; several keys in one are pressed one after another.
  public let keys: [String]
  public let contexts: Set<KeyContext>
  public let section: Section
  /// What the help screen says.
  public let help: String
  /// The word in the status bar, for keys that are shown there.
  public let hint: String?
  /// Why the command can do nothing now, as one sentence; nil when it can.
  let whyDisabled: @Sendable (AppState) -> String?

  public enum Section: String, Sendable, CaseIterable {
    case move = "Move"
    case fold = "Fold"
    case find = "Find"
    case load = "Load and save"
    case rules = "Change the load"
    case view = "View"
    case program = "Program"
    case prompt = "While typing"
  }

  init(
    _ command: Command, _ keys: [String], _ section: Section, _ help: String, hint: String? = nil,
    in contexts: Set<KeyContext> = [.tree],
    unless whyDisabled: @escaping @Sendable (AppState) -> String? = { _ in nil }
  ) {
    self.command = command
    self.keys = keys
    self.section = section
    self.help = help
    self.hint = hint
    self.contexts = contexts
    self.whyDisabled = whyDisabled
  }
}

extension KeyRow {
  private static let lists: Set<KeyContext> = [.tree, .list]
  private static let anywhere: Set<KeyContext> = [.tree, .list, .prompt]

  /// The table. Status-bar hints come in this order.
  public static let table: [KeyRow] = moving + folding + finding + loading + viewing + typing

  private static let moving: [KeyRow] = [
    KeyRow(.down, ["j", "Down"], .move, "down; a number before it repeats it", in: lists),
    KeyRow(.up, ["k", "Up"], .move, "up", in: lists),
    KeyRow(.halfPageDown, ["C-d"], .move, "half a page down", in: lists),
    KeyRow(.halfPageUp, ["C-u"], .move, "half a page up", in: lists),
    KeyRow(.pageDown, ["PgDn", "C-f"], .move, "a page down", in: lists),
    KeyRow(.pageUp, ["PgUp", "C-b"], .move, "a page up", in: lists),
    KeyRow(.top, ["g", "Home"], .move, "first row; with a number, that row", in: lists),
    KeyRow(.bottom, ["G", "End"], .move, "last row; with a number, that row", in: lists),
    KeyRow(.parent, ["{"], .move, "to the branch above", unless: noRows),
    KeyRow(.nextSibling, ["J"], .move, "next row of the same branch", unless: noRows),
    KeyRow(.previousSibling, ["K"], .move, "previous row of the same branch", unless: noRows),
  ]

  private static let folding: [KeyRow] = [
    KeyRow(
      .toggle, ["Enter", "Space", "z a"], .fold, "open or close the branch", hint: "fold",
      unless: noFolds),
    KeyRow(
      .open, ["l", "Right"], .fold, "open the branch; in an open one, go inside", unless: noFolds),
    KeyRow(
      .close, ["h", "Left"], .fold, "close the branch; in a closed one, go out", unless: noFolds),
    KeyRow(.unfold, ["z o"], .fold, "open the branch", unless: noFolds),
    KeyRow(.fold, ["z c"], .fold, "close the branch", unless: noFolds),
    KeyRow(.unfoldBelow, ["z O"], .fold, "open the branch and all below it", unless: noFolds),
    KeyRow(.unfoldAll, ["=", "z R"], .fold, "open all branches", unless: noFolds),
    KeyRow(.foldAll, ["-", "z M"], .fold, "close all branches", unless: noFolds),
  ]

  private static let finding: [KeyRow] = [
    KeyRow(.nextIssue, ["]", "] c"], .find, "next issue", hint: "issue", unless: noIssues),
    KeyRow(.previousIssue, ["[", "[ c"], .find, "previous issue", unless: noIssues),
    KeyRow(
      .why, ["c"], .find, "the causes; there, Enter applies a remedy", hint: "why",
      unless: noCauses),
    KeyRow(
      .search, ["/"], .find, "search key paths on both sides", hint: "search", unless: noRowsAtAll),
    KeyRow(.nextMatch, ["n"], .find, "next match", unless: noSearch),
    KeyRow(.previousMatch, ["N"], .find, "previous match", unless: noSearch),
    KeyRow(
      .filter, ["f"], .find, "filter: fuzzy, 'exact, glob*, !not, :status", hint: "filter",
      unless: noRowsAtAll),
    KeyRow(.clearFilter, ["F"], .find, "lift the filter", unless: noFilter),
    KeyRow(
      .toggleEqual, ["e"], .find, "show or hide what is equal", hint: "equal", unless: noPlan),
    KeyRow(.toggleFlat, ["t"], .find, "tree or flat list", unless: noRowsAtAll),
  ]

  private static let loading: [KeyRow] = [
    KeyRow(
      .load, ["L"], .load, "load: strict or lenient", hint: "load", in: lists,
      unless: cannotLoad),
    KeyRow(.loadStrict, [], .load, "load if everything fits", unless: cannotLoad),
    KeyRow(.loadLenient, [], .load, "load what fits", unless: cannotLoad),
    KeyRow(
      .preview, ["p"], .load, "mark what a lenient load would do", unless: noPlan),
    KeyRow(
      .report, ["r"], .load, "the report: every row that counts", hint: "report", unless: noPlan),
    KeyRow(
      .save, ["w"], .load, "save the result of a load", hint: "save", in: lists,
      unless: nothingToSave),
    KeyRow(
      .skip, ["s"], .rules, "leave this row out of the load, or take it in", unless: cannotRule),
    KeyRow(
      .subtree, ["S"], .rules, "load this branch alone, or everything again", unless: cannotRule),
    KeyRow(
      .link, ["m"], .rules, "link two rows: m on one, then on the other",
      unless: cannotRule),
    KeyRow(
      .tie, ["M"], .rules, "tie this row to the one marked with m",
      unless: cannotTie),
    KeyRow(.transpose, ["T"], .rules, "transpose the source's array, or no longer", unless: noPair),
    KeyRow(
      .dropRules, ["x"], .rules, "drop rules made by hand here",
      unless: nothingByHand),
    KeyRow(
      .pairMore, ["("], .rules, "pair leftovers whose names are alike; again: less alike",
      unless: cannotRule),
    KeyRow(
      .pairLess, [")"], .rules, "pair only leftovers that are more alike, then none",
      unless: isNotPairing),
    KeyRow(
      .applyAll, ["A"], .rules, "apply every remedy", hint: "apply all", in: lists,
      unless: noRemedies),
    KeyRow(
      .saveRules, ["W"], .rules, "save the rules, for “espalier load --rules”",
      hint: "save rules", in: lists, unless: noRules),
    KeyRow(
      .undo, ["u"], .rules, "undo the last change of the load", hint: "undo", in: lists,
      unless: nothingToUndo),
    KeyRow(.redo, ["C-r"], .rules, "redo it", in: lists, unless: nothingToRedo),
  ]

  private static let viewing: [KeyRow] = [
    KeyRow(.nextPane, ["Tab"], .view, "next pane", hint: "pane", in: lists),
    KeyRow(.previousPane, ["BackTab"], .view, "previous pane", in: lists),
    KeyRow(.statistics, ["v"], .view, "read the values under the cursor", unless: noValues),
    KeyRow(.copy, ["y"], .view, "copy path, shape, sentence or row", unless: noRows),
    KeyRow(.options, ["o"], .view, "options: columns, units, colours, order"),
    KeyRow(.commandLine, [":"], .program, "command line; lists every verb", in: lists),
    KeyRow(.help, ["?", "F1"], .program, "help", hint: "help", in: lists),
    KeyRow(
      .accept, ["Enter", "Space"], .view, "in a list: take the line", hint: "take", in: [.list]),
    KeyRow(.back, ["Esc"], .program, "back out, one step at a time", in: anywhere),
    KeyRow(.quit, ["q"], .program, "quit; in a list: close it", hint: "quit", in: lists),
    KeyRow(
      .metadata, ["i"], .view, "sizes; what the files say of themselves", hint: "metadata",
      unless: noFile),
    KeyRow(.quitNow, [], .program, "quit without asking"),
    KeyRow(
      .interrupt, ["C-c"], .program, "stop the work at hand, then quit", in: anywhere),
    KeyRow(.suspend, ["C-z"], .program, "back to the shell until fg", in: anywhere),
    KeyRow(.redraw, ["C-l"], .program, "draw the screen anew", in: anywhere),
  ]

  private static let typing: [KeyRow] = [
    KeyRow(.accept, ["Enter"], .prompt, "take it", in: [.prompt]),
    KeyRow(.complete, ["Tab"], .prompt, "complete", in: [.prompt]),
    KeyRow(.down, ["Down", "C-n"], .prompt, "next line of the list, next format", in: [.prompt]),
    KeyRow(.up, ["Up", "C-p"], .prompt, "the one before", in: [.prompt]),
    KeyRow(.deleteBackward, ["Backspace"], .prompt, "delete to the left", in: [.prompt]),
    KeyRow(.deleteForward, ["Delete", "C-d"], .prompt, "delete to the right", in: [.prompt]),
    KeyRow(.deleteWord, ["C-w"], .prompt, "delete a word", in: [.prompt]),
    KeyRow(.deleteToStart, ["C-u"], .prompt, "delete to the start", in: [.prompt]),
    KeyRow(.cursorLeft, ["Left", "C-b"], .prompt, "left", in: [.prompt]),
    KeyRow(.cursorRight, ["Right", "C-f"], .prompt, "right", in: [.prompt]),
    KeyRow(.cursorStart, ["Home", "C-a"], .prompt, "to the start", in: [.prompt]),
    KeyRow(.cursorEnd, ["End", "C-e"], .prompt, "to the end", in: [.prompt]),
  ]
}
