import Espalier

/// Causes for 100,000 tensors a side: as layers of one model, and as modules with names of their own.
func benchmarkDiagnosis() {
  for (what, pair) in [("in layers", layers()), ("in modules of different names", modules())] {
    let start = now()
    let found = Engine().diagnose(destination: pair.0, source: pair.1).mapping.links.count
    let seconds = now() - start
    report(
      "explaining 100,000 tensors a side \(what), \(found) mapped", seconds, "s    ", limit: 5)
  }
}

private func layers() -> (Inventory, Inventory) {
  let parts = [
    ("q", [64, 64]), ("k", [64, 64]), ("v", [64, 64]), ("o", [64, 64]), ("up", [256, 64]),
    ("down", [64, 256]), ("n1", [64]), ("n2", [64]),
  ]
  var sides: ([TensorFacts], [TensorFacts]) = ([], [])
  for layer in 0..<12_500 {
    for (name, shape) in parts {
      sides.0.append(TensorFacts("layers.\(layer).\(name).weight", shape))
      sides.1.append(TensorFacts("module.blocks.\(layer).\(name)_proj.weight", shape))
    }
  }
  return (Inventory(tensors: sides.0), Inventory(tensors: sides.1))
}

private func modules() -> (Inventory, Inventory) {
  var sides: ([TensorFacts], [TensorFacts]) = ([], [])
  var word = 1
  for module in 0..<50_000 {
    word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let (one, two) = (spelt(word), spelt(~word))
    let shape = [64 << (module % 4), 64 << (module / 4 % 4)]
    sides.0.append(TensorFacts("net.\(one).weight", shape))
    sides.0.append(TensorFacts("net.\(one).bias", [shape[0]]))
    sides.1.append(TensorFacts("model.\(two).kernel", shape.reversed()))
    sides.1.append(TensorFacts("model.\(two).bias", [shape[0]]))
  }
  return (Inventory(tensors: sides.0), Inventory(tensors: sides.1))
}

private func spelt(_ number: Int) -> String {
  String(decoding: (0..<12).map { UInt8(97 + (number >> ($0 * 5)) & 15) }, as: UTF8.self)
}
