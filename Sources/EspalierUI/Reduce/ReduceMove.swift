extension AppState {
  /// Moves and folds; nil for other commands.
  mutating func performMove(_ command: Command) -> [Effect]? {
    guard var browse else { return nil }
    let page = max(1, Layout(self).tree.height)
    let times = count ?? 1
    let row = browse.cursor
    switch command {
    case .down: browse.move(by: times)
    case .up: browse.move(by: -times)
    case .halfPageDown: browse.move(by: times * max(1, page / 2))
    case .halfPageUp: browse.move(by: -times * max(1, page / 2))
    case .pageDown: browse.move(by: times * max(1, page - 1))
    case .pageUp: browse.move(by: -times * max(1, page - 1))
    case .top: browse.move(toPosition: (count ?? 1) - 1)
    case .bottom: browse.move(toPosition: (count ?? browse.visible.count) - 1)
    case .parent: for _ in 0..<min(times, 10_000) where browse.goOut() {}
    case .nextSibling: browse.goToSibling(forward: true, times: times)
    case .previousSibling: browse.goToSibling(forward: false, times: times)
    case .toggle: if browse.isFolded(row) { browse.unfold(row) } else { browse.fold(row) }
    case .open:
      if browse.isFolded(row) {
        browse.unfold(row)
      } else if browse.isBranch(row) {
        browse.move(by: 1)
      }
    case .close:
      if browse.isBranch(row), !browse.isFolded(row) {
        browse.fold(row)
      } else {
        browse.goOut()
      }
    case .unfold: browse.unfold(row)
    case .fold:
      if !browse.isBranch(row) || browse.isFolded(row) { browse.goOut() }
      browse.fold(browse.cursor)
    case .unfoldBelow: browse.unfoldBelow(row)
    case .unfoldAll: browse.unfoldAll()
    case .foldAll: browse.foldAll()
    default: return nil
    }
    self.browse = browse
    if browse.cursor != row { rowPaneTop = 0 }
    return []
  }
}

extension Browse {
  /// To the branch above.
  @discardableResult
  mutating func goOut() -> Bool {
    guard let parent = comparison.alignment.parent(of: cursor), parent > 0, !isFlat else {
      return false
    }
    return reveal(parent)
  }

  /// To the next row in sight that has the same parent.
  mutating func goToSibling(forward: Bool, times: Int) {
    let alignment = comparison.alignment
    for _ in 0..<min(times, visible.count) {
      if forward {
        guard let next = visible.next(from: alignment.end(of: cursor)),
          alignment.parent(of: next) == alignment.parent(of: cursor)
        else { return }
        reveal(next)
      } else {
        guard let parent = alignment.parent(of: cursor),
          var at = visible.previous(from: cursor - 1),
          at > parent
        else { return }
        // From the row above, out to the branch that is a sibling.
        while let above = alignment.parent(of: at), above > parent { at = above }
        reveal(at)
      }
    }
  }
}
