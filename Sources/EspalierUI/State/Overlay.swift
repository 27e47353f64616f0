/// What lies over the trees and takes the keys.
public enum Overlay: Equatable, Sendable {
  case help(scroll: Int)
  case prompt(Prompt)
  case menu(Menu)
  case question(Question)
  case report(Cursor)
  case metadata(MetadataPage)

  /// Place in a list, and the first line of its window.
  public struct Cursor: Equatable, Sendable {
    public var selected = 0
    public var top = 0

    /// Of the report: below the heading, so that Enter goes to what stops a load.
    static let firstEntry = Cursor(selected: 1)

    mutating func move(by lines: Int, count: Int) {
      selected = min(max(0, selected + lines), max(0, count - 1))
    }

    mutating func settle(height: Int, count: Int) {
      selected = min(max(0, selected), max(0, count - 1))
      let height = max(1, height)
      if selected < top { top = selected }
      if selected >= top + height { top = selected - height + 1 }
      top = max(0, min(top, count - height))
    }
  }
}

/// A line that is asked for.
public struct Prompt: Equatable, Sendable {
  public enum Kind: Hashable, Sendable {
    case search
    case filter
    case command
    /// Where to save.
    case save
    /// Where to save the rules.
    case rules
  }

  public var kind: Kind
  public var line: LineEditor
  /// Selected line of the list above the prompt, where there is one.
  public var selected = 0
  /// Paths that the driver found for what has been typed.
  public internal(set) var completions: [String] = []
  /// For `save`: index among the formats.
  public var format = 0
  /// Why what is typed will not do.
  public internal(set) var complaint: String?
  /// What was in force before, put back when the prompt is left.
  var before = ""

  init(_ kind: Kind, _ text: String = "") {
    self.kind = kind
    line = LineEditor(text)
    before = text
  }
}

public struct Menu: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case copy, options, load }
  public var kind: Kind
  public var selected = 0
}

/// Something that has to be decided before going on.
public struct Question: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    case replace(path: String, format: String)
    case replaceRules(path: String)
    case quitUnsaved
  }
  public var kind: Kind
  public var sentence: String
}
