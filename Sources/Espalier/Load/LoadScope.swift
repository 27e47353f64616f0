/// Which part of a model is loaded, from which part of a source.
///
///     try load(&model, from: "pretrained.safetensors",
///       scope: LoadScope(into: "encoder", from: "model.encoder"))
public struct LoadScope: Sendable {
  /// The branch of the destination that is loaded; the whole of it when empty.
  public var into: Name
  /// The branch of the source that is loaded from. When it is empty: all of the source, or the
  /// part of a checkpoint where its weights are.
  public var from: Name
  /// Keeps nodes on both sides; names and places are compared after it.
  public var filter: TreeFilter?

  /// A scope that starts below two paths, as ``TreePath/flatName`` spells them.
  public init(into: Name = "", from: Name = "", filter: TreeFilter? = nil) {
    self.into = into
    self.from = from
    self.filter = filter
  }

  /// The whole model from the whole source.
  public static var all: LoadScope { LoadScope() }
}

extension TreeFilter {
  /// Removes branches by the names of their types: layers that stand in only one of two models.
  ///
  /// Types are known for Swift models, and for files that keep them.
  public static func removing(types: Set<String>) -> TreeFilter {
    let labels = Set(types.map { Array($0.utf8) })
    return TreeFilter { tree, node in tree.label(of: node).map { !labels.contains($0) } ?? true }
  }
}

/// A path of a ``LoadScope`` that leads nowhere.
public struct NoSuchPath: Error, Hashable, Sendable, CustomStringConvertible {
  /// The tree that was searched.
  public enum Side: String, Hashable, Sendable {
    /// The model that is loaded into.
    case destination
    /// What is loaded from.
    case source
  }

  /// The tree that has no such path.
  public var side: Side
  /// The path that was asked for.
  public var path: Name
  /// Some names at the top of that side.
  public var present: [Name]

  public var description: String {
    let names = present.map { "“\($0)”" }.joined(separator: ", ")
    return "the \(side.rawValue) has no “\(path)”; at its top it has "
      + (names.isEmpty ? "nothing" : names)
  }
}
