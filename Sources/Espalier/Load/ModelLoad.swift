/// One load into a Swift model: what the entry points have in common.
struct ModelLoad {
  let model: ModelSource
  let source: any TensorSource
  let plan: LoadPlan

  /// - Throws: ``ModelError/notWritable(_:_:)`` when a planned value could not be put back.
  init(
    _ model: Any, from source: any TensorSource, matching: LoadPlan.Matching, mode: LoadMode,
    options: LoadOptions, scope: LoadScope, progress: ProgressMonitor = .none
  ) throws {
    self.model = try ModelSource(model)
    self.source = source
    let (left, right) = (self.model.tree, source.tree)
    let into = try start(at: scope.into, in: left, .destination) ?? .root
    let from = try start(at: scope.from, in: right, .source) ?? weightsRoot(of: source)
    let filter = scope.filter
    let alignment =
      switch matching {
      case .byPath:
        Alignment(left, right, destinationRoot: into, sourceRoot: from, filter: filter)
      case .byPosition:
        Alignment.byPosition(left, right, destinationRoot: into, sourceRoot: from, filter: filter)
      }
    plan = try LoadPlan(
      alignment, mode: mode, options: options, matching: matching, destination: self.model,
      source: source, progress: progress)
    try self.model.checkWritable(plan.changedLeaves)
  }

  func run<M>(
    as type: M.Type, progress: ProgressMonitor
  ) throws -> (model: M, report: LoadReport) {
    let values = try LoadedSource(plan, destination: model, source: source)
    let result = try model.applying(values, as: type, progress: progress)
    return (result, LoadReport(applied: values))
  }
}

/// Checkpoints of training loops hold the weights beside other things.
private func weightsRoot(of source: any TensorSource) -> NodeID {
  (source as? Checkpoint)?.root ?? .root
}

/// Where a load begins on one side; nil where nothing was asked for.
package func start(
  at name: Name, in tree: Tree, _ side: NoSuchPath.Side
) throws -> NodeID? {
  if name.bytes.isEmpty { return nil }
  if let node = tree.node(named: name) { return node }
  throw NoSuchPath(
    side: side, path: name, present: tree.children(of: .root).prefix(8).map { tree.name(of: $0) })
}
