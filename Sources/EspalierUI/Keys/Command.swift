/// Everything that a key can do. The raw value is the name in the palette and in a configuration.
public enum Command: String, Sendable, Hashable, CaseIterable {
  // Moving.
  case down, up
  case halfPageDown = "half-page-down"
  case halfPageUp = "half-page-up"
  case pageDown = "page-down"
  case pageUp = "page-up"
  case top, bottom
  case parent
  case nextSibling = "next-sibling"
  case previousSibling = "previous-sibling"
  // Folding.
  case toggle
  case open, close
  case unfold, fold
  case unfoldBelow = "unfold-below"
  case unfoldAll = "unfold-all"
  case foldAll = "fold-all"
  // Finding.
  case nextIssue = "next-issue"
  case previousIssue = "previous-issue"
  case search
  case nextMatch = "next-match"
  case previousMatch = "previous-match"
  case filter
  case clearFilter = "clear-filter"
  case toggleEqual = "toggle-equal"
  case toggleFlat = "toggle-flat"
  // Loading.
  case preview
  case load
  case loadStrict = "load-strict"
  case loadLenient = "load-lenient"
  case report
  case save
  // Rules.
  case skip
  case subtree
  case link, tie, transpose
  case pairMore = "pair-more"
  case pairLess = "pair-less"
  case dropRules = "drop-rules"
  case applyAll = "apply-all"
  case saveRules = "save-rules"
  case undo, redo
  // Panes.
  case nextPane = "next-pane"
  case previousPane = "previous-pane"
  case why
  case statistics
  case metadata
  // Everything else.
  case copy
  case options
  case commandLine = "command-line"
  case help
  case back
  case quit
  case quitNow = "quit-now"
  case interrupt
  case suspend
  case redraw
  // Lists and prompts.
  case accept
  case complete
  case deleteBackward = "delete-backward"
  case deleteForward = "delete-forward"
  case deleteWord = "delete-word"
  case deleteToStart = "delete-to-start"
  case cursorLeft = "cursor-left"
  case cursorRight = "cursor-right"
  case cursorStart = "cursor-start"
  case cursorEnd = "cursor-end"
}

/// Where a key is pressed.
public enum KeyContext: String, Sendable, Hashable, CaseIterable {
  /// The trees.
  case tree
  /// The panes below, the report, help and menus.
  case list
  /// A line is being typed.
  case prompt
}
