import EspalierTree

/// Data becomes sentences here and nowhere else.
///
/// A sentence names the rule, both sides with path, element type and shape, and what can be done.
extension LoadPlan {
  /// Why a strict load is refused at a row.
  public func sentence(for issue: LoadIssue) -> String { message(at: issue.row) }

  /// The rule that decided a row, in words.
  public func message(at row: Int) -> String {
    let verdict = verdicts[row]
    let facts = facts(row)
    guard verdict.isIssue else { return "\(rule(verdict)): \(facts)\(effect(verdict, row))" }
    let (strict, lenient) = consequence(verdict, row)
    let rest =
      mode == .strict
      ? "; \(fix(verdict)), or load leniently to \(strict)"
      : "; \(lenient); to load it, \(fix(verdict))"
    return "\(rule(verdict)): \(facts)\(rest)"
  }

  /// What a note says.
  public func sentence(for note: LoadNote) -> String {
    let row = note.row
    switch note.kind {
    case .orderDiffers:
      return "order differs: the children of \(branch(row)) stand in another order in the source; "
        + "names were compared as a set"
    case .conversionLoses: return "conversion may lose information: \(sides(row))"
    case .sourceTied:
      return "source tied, destination not: \(sides(row)), whose source is also loaded at "
        + "destination \(other(note)); each destination path gets its own copy"
    case .tied:
      return "tied: \(sides(row)); its memory is loaded once, at destination \(other(note))"
    case .inactiveIgnored:
      return "inactive parameter ignored: \(sides(row)) and not all zero; its values are left out"
    case .nothingKeeps: return "nothing keeps: \(sides(row)); the destination keeps its value"
    case .notChecked:
      return "not checked: \(sides(row)); the rule asks for values that were not at hand"
    case .namesNotChecked:
      return "matched by position: arrays in walk order; names were not checked"
    }
  }

  func rule(_ verdict: Verdict) -> String {
    switch verdict {
    case .branch: return "branch"
    case .load, .convert: return "loaded"
    case .zeroFill: return "zero-filled"
    case .tied: return "tied"
    case .untouched: return "untouched"
    case .inactive: return "inactive"
    case .inactiveIgnored: return "inactive parameter ignored"
    case .kept: return "nothing keeps"
    case .undecided: return "not checked"
    case .missing: return "missing in the source"
    case .unexpected: return "unexpected in the source"
    case .shape: return "shape mismatch"
    case .dtype: return "element types do not convert"
    case .structure: return "structure mismatch"
    case .trueInSource: return "true has no meaning for an array"
    case .nothingInSource: return "nothing to load"
    case .notAnArray: return "not an array"
    case .trueInDestination: return "true can never be loaded into"
    case .noArrayToLoadInto: return "no array to load into"
    case .wouldBeLost: return "would be lost"
    case .tiedSourcesDiffer: return "tied destination, sources differ"
    case .tiedBoolAndArray: return "tied, Boolean at one path and array at another"
    case .noValues: return "no values in the source"
    }
  }

  /// What follows from a verdict that is not an issue.
  private func effect(_ verdict: Verdict, _ row: Int) -> String {
    switch verdict {
    case .load: return "; the source's values are copied"
    case .convert: return "; the source's values are converted"
    case .zeroFill: return "; false stands for zeros"
    case .tied: return "; its memory is loaded at another path, and nothing here contradicts it"
    case .untouched where alignment.sourceNode(row) == nil:
      return "; the source holds arrays only, so the destination keeps its own"
    case .untouched:
      let leaf = alignment.destinationLeaf(row)
      return leaf.map { alignment.destination.kind(of: $0) } == .array
        ? "; text that cannot be read stays the destination's own"
        : "; neither is an array, so the destination keeps its own"
    case .inactive: return "; the array is all zero, so nothing is lost"
    case .inactiveIgnored: return " and not all zero; its values are left out"
    case .kept: return "; the destination keeps its value"
    case .undecided: return "; the rule asks for values that were not at hand"
    default: return ""
    }
  }

  /// What a person can do about an issue.
  func fix(_ verdict: Verdict) -> String {
    switch verdict {
    case .missing: return "rename a source entry to it"
    case .unexpected: return "give the destination a place for it, or filter it out"
    case .shape: return "take a model of the source's sizes"
    case .dtype: return "store both as one element type"
    case .structure: return "rename one of them, or filter both out"
    case .trueInSource: return "store the array, or false for zeros, in the source"
    case .nothingInSource: return "store the array in the source, or let nothing keep"
    case .notAnArray: return "store the array in the source"
    case .trueInDestination: return "give the destination an array"
    case .noArrayToLoadInto: return "give the destination an array"
    case .wouldBeLost: return "give the destination the parameter, or ignore inactive parameters"
    case .tiedSourcesDiffer: return "make the source's arrays equal, or untie the destination"
    case .tiedBoolAndArray: return "say false at both paths or at neither"
    case .noValues: return "take a source that holds the weights"
    default: return ""
    }
  }

  /// What a lenient load makes of an issue: as an advice, and as a fact.
  private func consequence(_ verdict: Verdict, _ row: Int) -> (strict: String, lenient: String) {
    switch verdict {
    case .unexpected: return ("leave it unused", "it is left unused")
    case .structure: return ("leave both as they are", "both are left as they are")
    default: break
    }
    if let leaf = alignment.destinationLeaf(row), let first = ties.followers[leaf]?.leaders.first {
      let at = "destination " + path(alignment.destination, alignment.destination.node(of: first))
      return ("keep what is loaded at \(at)", "what is loaded at \(at) stands")
    }
    return ("keep the destination's value", "the destination keeps its value")
  }

  // MARK: Parts

  /// Both sides of a row, or where they differ.
  func facts(_ row: Int) -> String {
    ties.conflicts[Int32(truncatingIfNeeded: row)].map { conflict(row, $0) } ?? sides(row)
  }

  /// "destination a.w is F32 [2], source b.w is F32 [3]".
  private func sides(_ row: Int) -> String {
    let left = alignment.destinationNode(row)
    let right = alignment.sourceNode(row)
    let isMissing = verdicts[row] == .missing
    let isUnexpected = verdicts[row] == .unexpected
    let d = left.map { "destination \(path(alignment.destination, $0)) is \(what(row, .left, $0))" }
    let s = right.map { "source \(path(alignment.source, $0)) is \(what(row, .right, $0))" }
    switch (d, s) {
    case (let d?, let s?):
      if isMissing || isUnexpected { return "\(d), and \(s)" }
      return "\(d), \(s)"
    case (let d?, nil): return "\(d), and the source has nothing under this path"
    case (nil, let s?): return "\(s), and the destination has nothing under this path"
    case (nil, nil): return "nothing on either side"
    }
  }

  private enum Hand { case left, right }

  private func what(_ row: Int, _ hand: Hand, _ node: NodeID) -> String {
    let tree = hand == .left ? alignment.destination : alignment.source
    if let leaf = tree.leaf(at: node) { return describe(tree, leaf) }
    let count = tree.children(of: node).reduce(0) { sum, _ in sum + 1 }
    if count == 0 { return "()" }
    return "a branch of \(count) \(count == 1 ? "child" : "children")"
  }

  private func conflict(_ row: Int, _ conflict: TieConflict) -> String {
    let tree = alignment.destination
    guard let leaf = alignment.destinationLeaf(row), let other = alignment.sourceLeaf(row) else {
      return sides(row)
    }
    let index = elementIndex(conflict.element, of: tree.shape(of: leaf))
    let firstPath = path(tree, tree.node(of: conflict.first))
    let firstSource =
      conflict.firstSource.map { source in
        "source \(path(alignment.source, alignment.source.node(of: source))) "
          + "(\(describe(alignment.source, source)))"
      } ?? "false in the source"
    return "destination \(path(tree, tree.node(of: leaf))) (\(describe(tree, leaf))) shares its "
      + "memory with destination \(firstPath), which is loaded first; at element \(index) "
      + "\(firstSource) gives \(conflict.loaded), source "
      + "\(path(alignment.source, alignment.source.node(of: other))) "
      + "(\(describe(alignment.source, other))) gives \(conflict.other)"
  }

  private func branch(_ row: Int) -> String {
    let left = alignment.destinationNode(row).map { path(alignment.destination, $0) }
    let right = alignment.sourceNode(row).map { path(alignment.source, $0) }
    return "destination \(left ?? "nothing") and source \(right ?? "nothing")"
  }

  private func other(_ note: LoadNote) -> String {
    note.other.map { path(alignment.destination, alignment.destination.node(of: $0)) } ?? ""
  }
}

/// A node's path; the root has a name that a person can read.
func path(_ tree: Tree, _ node: NodeID) -> String {
  node == .root ? "(root)" : tree.path(of: node).description
}

/// A leaf in a few words, without its tie.
func describe(_ tree: Tree, _ leaf: LeafID) -> String {
  if tree.kind(of: leaf) == .array { return "\(tree.dtype(of: leaf)) \(tree.shape(of: leaf))" }
  return (tree.value(leaf) ?? .nothing).description
}

extension LoadPlan {
  /// Where the memory of a destination's array is loaded when it is at another path, and what
  /// contradicts it there; nil for an array that no tie decides.
  ///
  /// - Parameter row: the array's row; nil where it is left out of the load.
  package func tieWords(of leaf: LeafID, at row: Int?) -> String? {
    let tree = alignment.destination
    guard let row, let conflict = ties.conflicts[Int32(truncatingIfNeeded: row)] else {
      guard let first = ties.followers[leaf]?.leaders.first else { return nil }
      return "its memory is loaded at \(path(tree, tree.node(of: first)))"
    }
    return
      "\(path(tree, tree.node(of: conflict.first))) loads it first, with \(conflict.loaded) at "
      + "\(elementIndex(conflict.element, of: tree.shape(of: leaf))), where the source here has "
      + conflict.other
  }
}

/// The indices of an element that is counted in C order.
func elementIndex(_ element: Int, of shape: Shape) -> String {
  var index: [Int] = []
  var rest = element
  for dimension in shape.dimensions.reversed() {
    index.append(dimension > 0 ? rest % dimension : 0)
    rest /= max(1, dimension)
  }
  return Shape(index.reversed()).description
}

extension LoadRefused: CustomStringConvertible {
  public var description: String {
    switch reason {
    case .issues:
      let count = plan.issueCount
      let first = plan.issues.first.map { "; the first: " + plan.sentence(for: $0) } ?? ""
      return "the strict load is refused, nothing has been changed: "
        + "\(grouped(count)) issue\(count == 1 ? "" : "s")\(first)"
    case .undecided:
      return "the strict load is refused, nothing has been changed: it was planned without the "
        + "values that its rules ask for; plan it again with them"
    case .nothingToLoad:
      return "the lenient load is refused, nothing has been changed: no array of the destination "
        + "would be loaded; check that source and destination belong together, or force it"
    }
  }
}
