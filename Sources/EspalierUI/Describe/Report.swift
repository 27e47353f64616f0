import EspalierLoad
import EspalierTree

/// What a load does or would do, row by row: sections over sets of rows, so that a report of a
/// million lines costs nothing until a line is drawn.
public struct Report: Sendable {
  struct Section: Sendable {
    var title: String
    var role: Role
    var content: Content
    /// Without its heading.
    var count: Int
  }

  enum Content: Sendable {
    case rows(RowSet)
    /// The plan's notes.
    case notes
  }

  let comparison: Comparison
  private(set) var sections: [Section] = []
  public private(set) var lineCount = 0

  struct Line {
    enum Kind {
      case heading(String, Role, count: Int)
      case row(Int)
      case note(LoadNote)
      case nothing
    }
    var kind: Kind

    /// The row that Enter goes to.
    var row: Int? {
      switch kind {
      case .row(let row): row
      case .note(let note): note.row
      case .heading, .nothing: nil
      }
    }
  }

  /// - Parameter isDone: whether the load has been made, or is only planned.
  init(_ comparison: Comparison, isDone: Bool) {
    self.comparison = comparison
    let would = isDone ? "" : "would be "
    let groups = comparison.issueGroups
    add("Does not fit: would be kept", "Did not fit: kept", isDone, .error, groups.misfits)
    add(
      "Missing in the source: would be kept", "Missing in the source: kept", isDone,
      .onlyDestination, groups.missing)
    add(
      "Only in the source: would not be used", "Only in the source: not used", isDone,
      .onlySource, groups.unexpected)
    add(capital("\(would)zero-filled"), .inactive, comparison.rows(.zeroFilled))
    add("Would be kept", "Kept", isDone, .shape, groups.keptOtherwise)
    add(capital("\(would)loaded through a tie"), .tied, groups.tied)
    add(capital("\(would)loaded"), .good, comparison.rows(.loaded))
    let notes = comparison.plan?.notes.count ?? 0
    if notes > 0 {
      sections.append(Section(title: "Notes", role: .dim, content: .notes, count: notes))
    }
    // Each section has a heading, and a blank line before it but for the first.
    lineCount = sections.reduce(0) { $0 + $1.count + 2 } - (sections.isEmpty ? 0 : 1)
  }

  private mutating func add(_ title: String, _ role: Role, _ rows: RowSet) {
    guard !rows.isEmpty else { return }
    sections.append(Section(title: title, role: role, content: .rows(rows), count: rows.count))
  }

  private mutating func add(
    _ planned: String, _ done: String, _ isDone: Bool, _ role: Role, _ rows: RowSet
  ) {
    add(isDone ? done : planned, role, rows)
  }

  private func capital(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  func line(_ index: Int) -> Line {
    var left = index
    for section in sections {
      if left == 0 {
        return Line(kind: .heading(section.title, section.role, count: section.count))
      }
      if left <= section.count { return Line(kind: entry(section, left - 1)) }
      if left == section.count + 1 { return Line(kind: .nothing) }
      left -= section.count + 2
    }
    return Line(kind: .nothing)
  }

  private func entry(_ section: Section, _ index: Int) -> Line.Kind {
    switch section.content {
    case .rows(let rows): return rows.select(index).map { .row($0) } ?? .nothing
    case .notes:
      guard let notes = comparison.plan?.notes, notes.indices.contains(index) else {
        return .nothing
      }
      return .note(notes[index])
    }
  }
}

extension AppState {
  /// The report of the load at hand; nil without a plan.
  var report: Report? {
    guard let comparison = browse?.comparison, comparison.plan != nil else { return nil }
    return Report(comparison, isDone: isResultCurrent)
  }
}

/// A note in words.
func noteWords(_ kind: LoadNote.Kind) -> String {
  switch kind {
  case .orderDiffers: "children stand in another order; names count"
  case .conversionLoses: "the conversion cannot hold every value of the source's type"
  case .sourceTied: "tied in the source, a copy of its own in the destination"
  case .tied: "loaded at another path of the same storage"
  case .inactiveIgnored: "the source's array is lost: the destination is inactive (false)"
  case .nothingKeeps: "the source says nothing: the array keeps its values"
  case .notChecked: "a rule asks for values that could not be read"
  case .namesNotChecked: "arrays were matched by their place; names were not compared"
  }
}
