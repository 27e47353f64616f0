/// Loads a checkpoint file into a Swift model.
///
///     let (model, report) = try load(Net(), from: "weights.safetensors")
///
/// - Parameters:
///   - model: a struct, an object, a tuple, an array or a dictionary of layers.
///   - path: a file, an index of shards, or a folder of shards.
///   - mode: strict refuses a load with a single issue; lenient loads what fits.
///   - options: exceptions from the load rules.
///   - scope: which part of the model, from which part of the file.
///   - progress: told the bytes read; a load that it stops has changed nothing.
/// - Returns: the loaded model, and what was done.
/// - Throws: ``CheckpointError`` besides what loading from any source throws.
public func load<M>(
  _ model: M, from path: FilePath, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all,
  progress: ProgressMonitor = .none
) throws -> (model: M, report: LoadReport) {
  try load(
    model, from: Checkpoint.open(path), mode: mode, options: options, scope: scope,
    progress: progress)
}

/// Loads a checkpoint file into a Swift model in a variable.
///
///     let report = try load(&model, from: "weights.safetensors", mode: .lenient)
@discardableResult
public func load<M>(
  _ model: inout M, from path: FilePath, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all,
  progress: ProgressMonitor = .none
) throws -> LoadReport {
  try load(
    &model, from: Checkpoint.open(path), mode: mode, options: options, scope: scope,
    progress: progress)
}

/// What loading a checkpoint file would do; nothing is changed.
public func plan<M>(
  _ model: M, from path: FilePath, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all,
  progress: ProgressMonitor = .none
) throws -> LoadPlan {
  try plan(
    model, from: Checkpoint.open(path), mode: mode, options: options, scope: scope,
    progress: progress)
}

/// Saves the state of a Swift model to a file.
///
/// A tied array is stored once; formats that cannot say so keep the tie in their metadata. What a
/// format cannot hold (a number in a format for arrays) is listed in the report.
///
/// - Parameters:
///   - model: a struct, an object, a tuple, an array or a dictionary of layers.
///   - path: its extension chooses the format where `format` does not.
///   - format: the name of a format, as ``CheckpointFormat/name`` has it.
///   - replace: whether a file of this name may be replaced.
/// - Returns: the files, and what the format could not hold.
/// - Throws: ``CheckpointError``. The file at `path` is as it was then.
@discardableResult
public func save<M>(
  _ model: M, to path: FilePath, format: String? = nil, replace: Bool = false
) throws -> SaveReport {
  try Checkpoint.save(
    SaveRequest(state(of: model), to: path, format: format, replace: replace))
}
