/// The state of a Swift model: exactly what a load from it would carry.
///
///     print(try state(of: model).tree.dump)
///
/// Arrays are not copied: those with reference semantics show later changes.
///
/// - Parameters:
///   - model: any model that can take part in a load.
///   - pruned: keeps the first path of each tied array; the others become `nothing`.
/// - Throws: ``TreeError`` and ``ModelError`` for models that cannot take part.
@_disfavoredOverload
public func state<M>(of model: M, pruned: Bool = false) throws -> StateSource {
  try StateSource(of: ModelSource(model), pruned: pruned)
}

/// All parameters of a Swift model as one flat vector.
///
/// Arrays stand in walk order, each in C order of its shape; a tied array stands once, at its
/// first path, which also decides whether it is trainable. Values are converted as in a load.
/// `restructure(_:from:trainableOnly:)` is the way back.
///
/// - Parameters:
///   - model: any model that can take part in a load.
///   - type: the vector's element type, `Float` or `Double`.
///   - trainableOnly: leaves out arrays that the model says are not trained.
/// - Throws: ``FlatParameters/NotFlat`` for arrays whose elements are no real numbers.
@_disfavoredOverload
public func destructure<M, Element: FlatElement>(
  _ model: M, as type: Element.Type = Float.self, trainableOnly: Bool = false
) throws -> [Element] {
  let source: any TensorSource = try ModelSource(model)
  return try destructure(source, as: type, trainableOnly: trainableOnly).vector
}

/// The Swift model with its parameters taken from a flat vector.
///
/// Objects, and arrays with reference semantics, are changed in place, as in a load.
///
/// - Parameters:
///   - model: any model that can take part in a load.
///   - vector: what `destructure(_:as:trainableOnly:)` gives for the same selection.
///   - trainableOnly: arrays that the model says are not trained keep their values.
/// - Throws: ``FlatParameters/WrongLength``, and as a load does. The model is unchanged then.
public func restructure<M, Element: FlatElement>(
  _ model: M, from vector: [Element], trainableOnly: Bool = false
) throws -> M {
  let source = try ModelSource(model)
  let parameters = try FlatParameters(of: source.tree, trainableOnly: trainableOnly)
  guard parameters.count > 0 || !vector.isEmpty else { return model }
  return try source.applying(parameters.restructure(vector, into: source), as: M.self)
}
