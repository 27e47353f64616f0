import Espalier

/// Swift models of a million arrays, found by reflection: the tree, and a load into the model.
func benchmarkModels() throws {
  struct Small { var weight: [Int8] }
  try measureModel(
    "1,000,000 layers of an array each",
    [Small](
      repeating: Small(weight: [1]), count: 1_000_000))

  struct Dense {
    var weight = ShapedArray<Float>([1, 2], shape: [1, 2])
    var bias = OptionalParameter.active(ShapedArray<Float>([1]))
  }
  struct Block {
    var first = Dense()
    var second = Dense()
    var rate = 0.1
  }
  try measureModel("250,000 blocks of four arrays", [Block](repeating: Block(), count: 250_000))

  try measureModel(
    "1,000,000 arrays with reference semantics",
    (0..<1_000_000).map { _ in ArrayReference<Float>([1, 2]) })
}

private func measureModel<M>(_ what: String, _ model: M) throws {
  var start = now()
  let source = try ModelSource(model)
  report("tree of \(what)", now() - start, "s    ", limit: 1.5)
  start = now()
  _ = try load(model, from: source)
  report("load into \(what)", now() - start, "s    ", limit: 4)
  start = now()
  let vector = try destructure(model)
  report("flat vector of \(what)", now() - start, "s    ", limit: 4)
  start = now()
  _ = try restructure(model, from: vector)
  report("\(what) from a flat vector", now() - start, "s    ", limit: 6)
}
