/// Loads arrays by their place, without names: the first array of the source into the first of
/// the model.
///
/// The way of Flux's old `loadparams!` and of LegolasFlux. Arrays stand in walk order; a tied
/// array counts once, at its first path; leaves that are not arrays do not count. The number of
/// arrays and each shape must agree. The report says that names were not checked.
///
/// - Parameters:
///   - model: a struct, an object, a tuple, an array or a dictionary of layers.
///   - source: its arrays in walk order.
///   - mode: strict refuses a load with a single issue; lenient loads what fits.
///   - options: exceptions from the load rules.
///   - scope: which part of the model, from which part of the source.
/// - Returns: the loaded model, and what was done.
/// - Throws: as `load(_:from:mode:options:scope:progress:)`.
public func loadByPosition<M>(
  _ model: M, from source: any TensorSource, mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all
) throws -> (model: M, report: LoadReport) {
  try ModelLoad(
    model, from: source, matching: .byPosition, mode: mode, options: options, scope: scope
  ).run(as: M.self, progress: .none)
}

/// Loads a list of arrays by their place, without names.
///
///     let (model, report) = try loadByPosition(Net(), from: [weight, bias])
public func loadByPosition<M>(
  _ model: M, from arrays: [any ModelArray], mode: LoadMode = .strict,
  options: LoadOptions = LoadOptions(), scope: LoadScope = .all
) throws -> (model: M, report: LoadReport) {
  try loadByPosition(
    model, from: ModelSource(arrays), mode: mode, options: options, scope: scope)
}
