import EspalierTree

/// Where tensors may be found: nodes, attributes and subgraphs. They become branches of the tree when
/// the first tensor below them is found; most hold none.
struct ONNXBranches {
  typealias ID = Int
  static let root: ID = 0

  private struct Branch {
    var name: Name
    var parent: ID
    var node: TreeBuilder.Handle?
  }

  private var branches = [Branch(name: "", parent: root, node: .root)]

  mutating func add(_ name: Name, under parent: ID) -> ID {
    branches.append(Branch(name: name, parent: parent))
    return branches.count - 1
  }

  /// The branch's node in the tree, made with all above it where it is new.
  mutating func node(
    _ branch: ID, _ builder: inout TreeBuilder
  ) throws -> TreeBuilder.Handle {
    var path: [ID] = []
    var at = branch
    while branches[at].node == nil {
      path.append(at)
      at = branches[at].parent
    }
    var node = branches[at].node ?? .root
    for id in path.reversed() {
      node = try builder.node(branches[id].name, under: node)
      branches[id].node = node
    }
    return node
  }
}
