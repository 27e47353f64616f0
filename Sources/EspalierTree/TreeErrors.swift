/// What keeps a tree from being built.
public enum TreeError: Error, Hashable, Sendable {
  /// A branch lies deeper than ``Tree/maximumDepth``.
  case tooDeep(at: TreePath)
  /// More nodes or leaves than 32-bit indices count.
  case tooLarge
  /// Two leaves with one path.
  case duplicate(TreePath)
  /// A shape whose element count overflows, or with a negative dimension.
  case badShape(at: TreePath, Shape)
  /// A model's children lead back to one of its ancestors.
  case cycle(at: TreePath)
}

extension TreeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooDeep(let path):
      return "the tree is more than \(Tree.maximumDepth) levels deep, below "
        + "\(TreePath(Array(path.segments.prefix(4)))); deeper models cannot be loaded"
    case .tooLarge: return "the tree has more than \(Int32.max) nodes; split the model"
    case .duplicate(let path): return "\(path): two leaves have this path"
    case .badShape(let path, let shape):
      return "\(path): the shape \(shape) has no element count that a 64-bit integer holds"
    case .cycle(let path):
      return "\(path): this child is one of its own ancestors; a model has to be a tree"
    }
  }
}
