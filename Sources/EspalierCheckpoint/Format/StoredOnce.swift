import EspalierTree

/// Of tied arrays those that have all elements of the others: they are stored, and the others say how
/// they see them, so that nothing is written twice.
struct StoredOnce {
  /// Where an array that is not stored itself lies.
  struct Place {
    /// The array that is stored.
    var base: LeafID
    /// How it lies in the elements of `base` in C order; nil where it is that array.
    var layout: Layout?
  }

  private(set) var places: [LeafID: Place] = [:]
  /// How many are stored besides the first of their group: no other has all of their elements.
  private var overlapping = 0

  /// - Parameter leaves: arrays that are saved, in walk order.
  init(_ tree: Tree, _ leaves: some Sequence<LeafID>) {
    if tree.tiedGroups.isEmpty { return }
    var groups: [Int: [TieView]] = [:]
    for leaf in leaves {
      if let tie = tree.tie(of: leaf) { groups[tie, default: []].append(TieView(tree, leaf)) }
    }
    for group in groups.values {
      var stored: [TieView] = []
      for view in Self.largestFirst(group, tree) {
        if let place = stored.lazy.compactMap({ Self.place(of: view, in: $0, tree) }).first {
          places[view.leaf] = place
        } else {
          stored.append(view)
        }
      }
      overlapping += stored.count - 1
    }
  }

  /// Of arrays of one size those that are their storage's own before those that see it otherwise;
  /// then in walk order.
  private static func largestFirst(_ group: [TieView], _ tree: Tree) -> [TieView] {
    func isView(_ view: TieView) -> Bool {
      if case .strided = tree.layout(of: view.leaf) { return true }
      return false
    }
    return group.enumerated().sorted { a, b in
      if a.element.count != b.element.count { return a.element.count > b.element.count }
      let views = (isView(a.element), isView(b.element))
      return views.0 == views.1 ? a.offset < b.offset : views.1
    }.map(\.element)
  }

  private static func place(of view: TieView, in base: TieView, _ tree: Tree) -> Place? {
    if tree.isSameArray(base.leaf, view.leaf) { return Place(base: base.leaf) }
    // What meets an element twice could not be loaded into.
    guard let layout = view.rebased(onto: base), layout.isOneToOne(in: Shape(view.shape)) else {
      return nil
    }
    return Place(base: base.leaf, layout: layout)
  }

  /// What is lost: two arrays that share a part of their elements become copies.
  var losses: [String] {
    switch overlapping {
    case 0: return []
    case 1: return ["1 tied array overlaps another in a part of its elements: it is a copy"]
    default:
      return [
        "\(overlapping) tied arrays overlap others in a part of their elements: they are copies"
      ]
    }
  }
}
