import EspalierTree

/// Turns what a plan found into sentences. Each says what, where, on which side, and what to do.
extension LoadPlan {
  public func sentence(_ issue: LoadIssue) -> String {
    let left = describe(.destination, issue.row)
    let right = describe(.source, issue.row)
    switch issue.verdict {
    case .missing: return "\(left): missing in the source"
    case .unexpected: return "\(right): unexpected, the destination has no such path"
    case .shape: return "shape mismatch: destination \(left), source \(right)"
    case .dtype:
      return "element types that do not convert: destination \(left), source \(right)"
    case .structure:
      return "structure mismatch: destination \(left), source \(right)"
    case .trueInSource:
      return "\(left): the source has true here, which stands for no array"
    case .nothingInSource:
      return "\(left): the source has nothing here; the option to let nothing keep accepts that"
    case .notAnArray: return "\(left): the source has no array here but \(right)"
    case .trueInDestination:
      return "destination \(left), which stands for no array: the source's \(right) has no place"
    case .noArrayToLoadInto:
      return "no array to load into: destination \(left), source \(right)"
    case .wouldBeLost:
      return "\(right): would be lost, the destination is switched off (false) here and the "
        + "source's array is not all zero; the option to ignore inactive parameters accepts that"
    case .tiedSourcesDiffer, .tiedBoolAndArray: return tieSentence(issue, left, right)
    case .noValues: return "\(right): the source describes this array but holds no values of it"
    default: return ""
    }
  }

  private func tieSentence(_ issue: LoadIssue, _ left: String, _ right: String) -> String {
    guard let conflict = issue.conflict else { return "tied destination, sources differ: \(left)" }
    let first = alignment.destination.path(of: conflict.first)
    let what =
      issue.verdict == .tiedSourcesDiffer
      ? "tied destination, sources differ" : "tied, Boolean at one path and array at another"
    return "\(what): \(left) shares its memory with \(first), loaded before; they differ first at "
      + "element \(conflict.element) (\(conflict.loaded) there, \(conflict.other) in the source's "
      + "\(right))"
  }

  private enum End { case destination, source }

  /// Path, type and shape of what one side has at a row.
  private func describe(_ end: End, _ row: Int) -> String {
    let tree = end == .destination ? alignment.destination : alignment.source
    let node = end == .destination ? alignment.destinationNode(row) : alignment.sourceNode(row)
    guard let node else { return "nothing" }
    let path = tree.path(of: node)
    guard let leaf = tree.leaf(at: node) else {
      return "\(path) (\(tree.hasChildren(node) ? "a branch" : "empty"))"
    }
    return "\(path) (\(tree.summary(of: leaf)))"
  }

  public func sentence(_ note: LoadNote) -> String {
    let left = describe(.destination, note.row)
    let right = describe(.source, note.row)
    let other = note.other.map { alignment.destination.path(of: $0).description } ?? ""
    switch note.kind {
    case .orderDiffers: return "\(left): the source has these children in another order"
    case .conversionLoses: return "destination \(left) cannot hold every value of source \(right)"
    case .sourceTied:
      return "\(left): in the source this array is tied to the one loaded at \(other); the "
        + "destination gets a copy of its own"
    case .tied: return "\(left): tied, its values were loaded at \(other)"
    case .inactiveIgnored:
      return "\(right): not loaded, the destination is switched off (false) here"
    case .nothingKeeps: return "\(left): keeps its values, the source has nothing here"
    case .notChecked: return "\(left): not decided, the rule asks for values that are not at hand"
    case .namesNotChecked: return "arrays were matched by their place; names were not compared"
    }
  }
}
