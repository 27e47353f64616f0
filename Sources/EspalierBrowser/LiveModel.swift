import Espalier
import Synchronization

/// A model of the running program on the destination's side: a load changes it.
protocol LiveModel: TensorSource {
  /// Gives the model new values; when it throws, the model is as it was.
  func take(_ values: LoadedSource, progress: ProgressMonitor) throws
}

/// A model of one type, its tree, and what loads have made of it so far.
///
/// `@unchecked`: the model is touched under the lock alone, and `browse` holds the caller's thread
/// until the interface is closed.
final class ModelBox<M>: LiveModel, @unchecked Sendable {
  /// Loads change values and no structure, so that the tree stays.
  let tree: Tree
  private let lock = Mutex(())
  private var source: ModelSource
  private var model: M

  init(_ model: M) throws {
    source = try ModelSource(model)
    tree = source.tree
    self.model = model
  }

  /// The model as the last load left it.
  var current: M { lock.withLock { _ in model } }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    try lock.withLock { _ in try source.reader(for: leaf) }
  }

  func take(_ values: LoadedSource, progress: ProgressMonitor) throws {
    let before = lock.withLock { _ in source }
    let loaded = try before.applying(values, as: M.self, progress: progress)
    let next = try ModelSource(loaded)
    lock.withLock { _ in
      model = loaded
      source = next
    }
  }
}
