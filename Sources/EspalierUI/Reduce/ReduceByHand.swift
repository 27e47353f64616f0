import EspalierDiagnosis
import EspalierTree

// Rules that are made on a row: links, ties, transposes.

extension AppState {
  /// Marks a row, or links the marked one with this.
  mutating func linkRow() -> [Effect] {
    guard let alignment = browse?.comparison.alignment, let row = browse?.current else { return [] }
    guard let start = linkStart, start.row != row else {
      let isSame = linkStart != nil
      linkStart = isSame ? nil : LinkStart(row: row, path: alignment.path(row))
      message = Message(
        isSame
          ? "nothing is marked any more"
          : "\(alignment.path(row)) is marked: m on another row links the two, Esc gives up")
      return []
    }
    linkStart = nil
    let here = (alignment.destinationNode(row), alignment.sourceNode(row))
    let there = (alignment.destinationNode(start.row), alignment.sourceNode(start.row))
    // What was marked comes here, unless only the other way leads from a source to a destination.
    if let left = here.0, let right = there.1 { return link(left, right) }
    if let left = there.0, let right = here.1 { return link(left, right) }
    message = Message(
      "both rows are of the \(here.0 == nil ? "source" : "destination"); a link needs one of each",
      .warning)
    return []
  }

  private mutating func link(_ left: NodeID, _ right: NodeID) -> [Effect] {
    guard let alignment = browse?.comparison.alignment else { return [] }
    switch (alignment.destination.leaf(at: left), alignment.source.leaf(at: right)) {
    case (let a?, let b?): return link(leaf: a, b)
    case (nil, nil): return link(branch: left, right)
    default:
      message = Message(
        "one of the two is a branch, the other a leaf; link like with like", .warning)
      return []
    }
  }

  private mutating func link(leaf left: LeafID, _ right: LeafID) -> [Effect] {
    guard let origin = origin(of: right), let target = destinationShape(left),
      let found = sourceShape(right)
    else {
      message = Message("only arrays can be linked", .warning)
      return []
    }
    var steps = origin.operation.steps
    if found != target {
      guard found.count == 2, found.reversed() == target else {
        message = Message(
          "not linked: the source's \(found) is not the destination's \(target); a rules file "
            + "can cut, pad or reshape", .warning)
        return []
      }
      steps.append(.transpose)
    }
    return decide(left, origin.names, steps, found == target ? "linked" : "linked, transposed")
  }

  private mutating func link(branch left: NodeID, _ right: NodeID) -> [Effect] {
    guard let alignment = browse?.comparison.alignment, let name = branchName(right) else {
      message = Message("this branch was put together by rules; link its leaves", .warning)
      return []
    }
    let destination = ruleName(of: alignment.destination.path(of: left), .destination)
    rules.change { $0.repair.byHand.append(.branch(destination: destination, source: name)) }
    repairNote = "linked"
    return planAgain()
  }

  /// Ties the row under the cursor to the one that was marked.
  mutating func tieRow() -> [Effect] {
    guard let alignment = browse?.comparison.alignment, let row = browse?.current, let linkStart
    else { return [] }
    self.linkStart = nil
    guard let to = alignment.destinationLeaf(linkStart.row),
      let from = alignment.destinationLeaf(row),
      from != to, let one = destinationShape(to), let other = destinationShape(from), one == other
    else {
      message = Message("only two arrays of the destination of one shape can be tied", .warning)
      return []
    }
    let name = ruleName(of: alignment.destination.path(of: to), .destination)
    return decide(from, [name], [.tie], "tied to \(name)")
  }

  mutating func transposeRow() -> [Effect] {
    let leaves = arraysUnderCursor
    guard leaves.count == 2, let origin = origin(of: leaves[1].leaf),
      let target = destinationShape(leaves[0].leaf), let found = sourceShape(leaves[1].leaf)
    else { return [] }
    var steps = origin.operation.steps
    let isOff = steps.last == .transpose
    guard found.count >= 2, found.dropLast(2) + found.suffix(2).reversed() == target else {
      message = Message(
        isOff
          ? "only transposed does the source's array fit"
          : "the source's \(found) transposed is not the destination's \(target)", .warning)
      return []
    }
    if isOff { steps.removeLast() } else { steps.append(.transpose) }
    return decide(
      leaves[0].leaf, origin.names, steps, isOff ? "no longer transposed" : "transposed")
  }

  mutating func dropRules() -> [Effect] {
    let gone = rulesByHandUnderCursor
    rules.change { $0.repair.byHand.removeAll(where: gone.contains) }
    repairNote = "\(counted(gone.count, "rule")) dropped"
    return planAgain()
  }

  /// What was decided by hand for the row under the cursor and below it.
  var rulesByHandUnderCursor: [HandRule] {
    guard let alignment = browse?.comparison.alignment, let row = browse?.current,
      let node = alignment.destinationNode(row)
    else { return [] }
    let name = ruleName(of: alignment.destination.path(of: node), .destination)
    return rules.current.repair.byHand.filter { $0.isWithin(name) }
  }

  private mutating func decide(
    _ leaf: LeafID, _ sources: [Name], _ steps: [Step], _ note: String
  ) -> [Effect] {
    guard let tree = destination.file?.tree else { return [] }
    let name = ruleName(of: tree.path(of: leaf), .destination)
    let telling = steps.filter { $0 != .identity && $0 != .rename }
    let rule = HandRule.leaf(
      destination: name, sources: sources,
      operation: Operation(telling.isEmpty ? [.rename] : telling))
    rules.change { rules in
      rules.repair.byHand.removeAll { $0.destination == name }
      rules.repair.byHand.append(rule)
    }
    repairNote = "\(name) is \(note)"
    return planAgain()
  }

  // MARK: Names and shapes as rules know them

  private struct NamedOrigin {
    var names: [Name]
    var operation: Operation
  }

  /// The arrays of the file that a leaf on the source's side is made of.
  private func origin(of leaf: LeafID) -> NamedOrigin? {
    guard let file = source.file, let alignment = browse?.comparison.alignment,
      alignment.source.kind(of: leaf) == .array
    else { return nil }
    let origin = browse?.comparison.repair?.origin(of: leaf)
    if browse?.comparison.repair != nil, origin == nil { return nil }
    let names = (origin?.sources ?? [leaf]).map { ruleName(of: file.tree.path(of: $0), .source) }
    return NamedOrigin(names: names, operation: origin?.operation ?? Operation([.identity]))
  }

  private func ruleName(of path: TreePath, _ side: Side) -> Name {
    guard let file = self.side(side).file else { return path.flatName }
    return TreePath(Array(path.segments.dropFirst(file.tree.depth(of: file.nameRoot)))).flatName
  }

  /// A branch as the file names it, found from the first array below.
  private func branchName(_ node: NodeID) -> Name? {
    guard let tree = browse?.comparison.alignment.source else { return nil }
    let path = tree.path(of: node)
    guard browse?.comparison.repair != nil else { return ruleName(of: path, .source) }
    for at in node.index..<tree.end(of: node) {
      let below = NodeID(Int32(truncatingIfNeeded: at))
      guard let leaf = tree.leaf(at: below), let origin = origin(of: leaf) else { continue }
      let rest = TreePath(Array(tree.path(of: below).segments.dropFirst(path.segments.count)))
      let ending = [UInt8(ascii: ".")] + rest.flatName.bytes
      guard origin.names.count == 1, origin.names[0].bytes.count > ending.count,
        origin.names[0].bytes.suffix(ending.count).elementsEqual(ending)
      else { return nil }
      return Name(origin.names[0].bytes.dropLast(ending.count))
    }
    return nil
  }

  private func destinationShape(_ leaf: LeafID) -> [Int]? {
    guard let file = destination.file, file.tree.kind(of: leaf) == .array else { return nil }
    return file.logicalShape(file.tree.shape(of: leaf))
  }

  /// A source leaf's shape; a repaired one follows the destination's order of dimensions.
  private func sourceShape(_ leaf: LeafID) -> [Int]? {
    guard let tree = browse?.comparison.alignment.source, tree.kind(of: leaf) == .array else {
      return nil
    }
    let file = isFed(leaf) ? destination.file : source.file
    return file?.logicalShape(tree.shape(of: leaf))
  }

  /// Whether rules have brought a leaf into the destination's form.
  private func isFed(_ leaf: LeafID) -> Bool {
    guard let comparison = browse?.comparison, comparison.repair != nil else { return false }
    let path = comparison.alignment.source.path(of: leaf)
    return comparison.alignment.destination.node(at: path).flatMap {
      comparison.alignment.destination.leaf(at: $0)
    } != nil
  }
}
