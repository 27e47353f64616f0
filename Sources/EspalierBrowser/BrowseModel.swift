import Espalier
import EspalierUI

/// Opens the interface on a Swift model, opposite a checkpoint, and returns when the user leaves it.
///
///     let trained = try browse(Net(), against: "trained.pt")
///
/// The model stands on the left as it is in memory. A load, strict or lenient, changes it at once,
/// by the rules of `load(_:from:mode:options:scope:progress:)`: arrays with reference semantics and
/// objects are changed in place, a model that is a value is returned anew, as the last load left
/// it. A load that is refused or fails leaves it as it was. Saving writes a file besides.
///
/// - Parameters:
///   - model: a struct, an object, a tuple, an array or a dictionary of layers. Nothing else may
///     use it until the interface is closed.
///   - path: the checkpoint that is loaded from: a file, an index of shards, or a folder of shards.
///   - options: how the interface looks and behaves. ``BrowseOptions/destinationRoot`` is the
///     branch of the model that is loaded into, as ``LoadScope/into``.
/// - Returns: the model, loaded as often as the user has asked for it.
/// - Throws: ``TerminalError`` where there is no terminal; ``ModelError`` and ``TreeError`` for a
///   model that cannot take part; ``NoSuchPath``. What is wrong with the file is shown.
@discardableResult
public func browse<M>(
  _ model: M, against path: String, options: BrowseOptions = BrowseOptions()
) throws -> M {
  let box = try ModelBox(model)
  let into = options.destinationRoot.map { Name($0) } ?? ""
  let root = try start(at: into, in: box.tree, .destination) ?? .root
  let runner = EffectRunner(Inbox())
  runner.useModel(box)
  var state = AppState(
    model: OpenFile(
      path: "\(M.self)", format: "Swift model", tree: box.tree, rootNode: root,
      root: options.destinationRoot, isModel: true),
    source: path)
  try run(&state, state.start(sourceRoot: options.sourceRoot), runner, options)
  return box.current
}

/// Opens the interface on a Swift model in a variable, opposite a checkpoint.
///
/// The same as `browse(_:against:options:)`; the variable holds what the last load made of it.
public func browse<M>(
  _ model: inout M, against path: String, options: BrowseOptions = BrowseOptions()
) throws {
  model = try browse(model, against: path, options: options)
}
