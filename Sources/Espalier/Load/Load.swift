/// Loads values from a source into a Swift model.
///
///     let (trained, report) = try load(model, from: checkpoint)
///
/// Objects, and arrays with reference semantics, are changed in place and are part of the result.
/// A model that is a value is not changed: the result is the new one.
///
/// All new values are in memory before the first is written, besides the model's own: a load
/// that fails, whatever the reason, leaves the model as it was.
///
/// - Parameters:
///   - model: a struct, an object, a tuple, an array or a dictionary of layers.
///   - source: a ``Checkpoint``, a ``ModelSource``, a ``StateSource`` or any other source.
///   - mode: strict refuses a load with a single issue; lenient loads what fits and reports the
///     rest.
///   - options: exceptions from the load rules.
///   - scope: which part of the model, from which part of the source.
///   - progress: told the bytes read; a load that it stops has changed nothing.
/// - Returns: the loaded model, and what was done.
/// - Throws: ``LoadRefused`` with the whole plan; ``ModelError`` and ``TreeError`` for models that
///   cannot take part; ``NoSuchPath``; what reading the source throws.
public func load<M>(
  _ model: M, from source: any TensorSource, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all,
  progress: ProgressMonitor = .none
) throws -> (model: M, report: LoadReport) {
  try ModelLoad(
    model, from: source, matching: .byPath, mode: mode, options: options, scope: scope,
    progress: progress
  ).run(as: M.self, progress: progress)
}

/// Loads values from a source into a Swift model in a variable.
///
///     let report = try load(&model, from: checkpoint, mode: .lenient)
///
/// The same as `load(_:from:mode:options:scope:progress:)`, for models of either kind.
@discardableResult
public func load<M>(
  _ model: inout M, from source: any TensorSource, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all,
  progress: ProgressMonitor = .none
) throws -> LoadReport {
  let result = try load(
    model, from: source, mode: mode, options: options, scope: scope, progress: progress)
  model = result.model
  return result.report
}

/// Loads the values of one Swift model into another, whose types may differ.
///
/// The same as `load(_:from:mode:options:scope:progress:)` from `ModelSource(other)`.
public func load<M, Other>(
  _ model: M, fromModel other: Other, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all
) throws -> (model: M, report: LoadReport) {
  try load(model, from: ModelSource(other), mode: mode, options: options, scope: scope)
}

/// Loads the values of one Swift model into another in a variable.
@discardableResult
public func load<M, Other>(
  _ model: inout M, fromModel other: Other, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all
) throws -> LoadReport {
  try load(&model, from: ModelSource(other), mode: mode, options: options, scope: scope)
}

/// What a load would do, with every issue; nothing is changed.
///
/// The plan's mode can be changed afterwards. ``LoadReport`` turns it into text and JSON.
///
/// - Throws: as `load(_:from:mode:options:scope:progress:)`, except ``LoadRefused``.
public func plan<M>(
  _ model: M, from source: any TensorSource, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all,
  progress: ProgressMonitor = .none
) throws -> LoadPlan {
  try ModelLoad(
    model, from: source, matching: .byPath, mode: mode, options: options, scope: scope,
    progress: progress
  ).plan
}

/// What loading one Swift model into another would do; nothing is changed.
public func plan<M, Other>(
  _ model: M, fromModel other: Other, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all
) throws -> LoadPlan {
  try plan(model, from: ModelSource(other), mode: mode, options: options, scope: scope)
}
