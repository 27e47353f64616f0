extension ModelSource {
  /// The model with the values that a plan gives it.
  package func applying<M>(
    _ values: LoadedSource, as type: M.Type, progress: ProgressMonitor = .none
  ) throws -> M {
    let updated = try updating(values.plan.changedLeaves, from: values, progress: progress)
    if let model = updated as? M { return model }
    throw ModelError.notWritable(.root, .refused(parent: "\(M.self)"))
  }
}

extension LoadPlan {
  /// The destination's arrays that are given new values.
  package var changedLeaves: [LeafID] {
    (0..<alignment.count).compactMap { row in
      switch outcome(at: row) {
      case .loaded, .zeroFilled, .tied: return alignment.destinationLeaf(row)
      case .nothing, .kept, .untouched: return nil
      }
    }
  }
}
