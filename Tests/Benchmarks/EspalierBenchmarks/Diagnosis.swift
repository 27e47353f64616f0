import Espalier

/// Causes for 100,000 tensors a side, in trees of different form: layers of one model are what the
/// search is made for, names that nothing joins what it finds hardest.
///
/// - Parameter wanted: names of forms, all where it has none, and another number of tensors.
func benchmarkDiagnosis(_ wanted: Set<String>) {
  let forms: [(name: String, what: String, make: (Int) -> (Inventory, Inventory))] = [
    ("layers", "in layers", layers), ("modules", "in modules of different names", modules),
    ("one-list", "in one list under other names", list),
    ("strangers", "that nothing joins", strangers), ("deep", "twelve modules deep", deep),
  ]
  let count = wanted.compactMap { Int($0) }.first ?? 100_000
  let named = forms.filter { wanted.contains($0.name) }
  for form in named.isEmpty ? forms : named {
    let pair = form.make(count)
    let start = now()
    let found = Engine().diagnose(destination: pair.0, source: pair.1).mapping.links.count
    let seconds = now() - start
    report(
      "explaining \(count) tensors a side \(form.what), \(found) mapped", seconds, "s    ",
      limit: 5 * max(1, Double(count) / 100_000))
  }
}

private func layers(_ count: Int) -> (Inventory, Inventory) {
  let parts = [
    ("q", [64, 64]), ("k", [64, 64]), ("v", [64, 64]), ("o", [64, 64]), ("up", [256, 64]),
    ("down", [64, 256]), ("n1", [64]), ("n2", [64]),
  ]
  var sides: ([TensorFacts], [TensorFacts]) = ([], [])
  for layer in 0..<count / 8 {
    for (name, shape) in parts {
      sides.0.append(TensorFacts("layers.\(layer).\(name).weight", shape))
      sides.1.append(TensorFacts("module.blocks.\(layer).\(name)_proj.weight", shape))
    }
  }
  return (Inventory(tensors: sides.0), Inventory(tensors: sides.1))
}

private func modules(_ count: Int) -> (Inventory, Inventory) {
  var sides: ([TensorFacts], [TensorFacts]) = ([], [])
  var word = 1
  for module in 0..<count / 2 {
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

private func list(_ count: Int) -> (Inventory, Inventory) {
  pair(count) { number in
    let shape = [32 + number % 977, 16]
    return (TensorFacts("net.\(word(number))", shape), TensorFacts("model.\(word(~number))", shape))
  }
}

private func strangers(_ count: Int) -> (Inventory, Inventory) {
  pair(count) { number in
    (
      TensorFacts(
        "\(word(number)).\(word(number + 700_000)).weight",
        [32 + number % 977, 16 + number % 311]),
      TensorFacts(
        "\(word(number + 100_000)).\(word(number + 300_000))",
        [40 + number % 1013, 24 + number % 377])
    )
  }
}

/// Modules in modules, two in each, and 32 leaves in the innermost.
private func deep(_ count: Int) -> (Inventory, Inventory) {
  pair(count) { number in
    let path = (0..<12).reversed().map { "m\(number >> ($0 + 5) & 1)" }.joined(separator: ".")
    let shape = [16, 16 + number % 64]
    return (
      TensorFacts("\(path).leaf\(number).weight", shape),
      TensorFacts("module.\(path).leaf\(number).kernel", shape)
    )
  }
}

private func pair(
  _ count: Int, _ make: (Int) -> (TensorFacts, TensorFacts)
) -> (Inventory, Inventory) {
  let both = (0..<count).map(make)
  return (Inventory(tensors: both.map(\.0)), Inventory(tensors: both.map(\.1)))
}

private func word(_ number: Int) -> String {
  spelt((number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407) >> 3)
}

private func spelt(_ number: Int) -> String {
  String(decoding: (0..<12).map { UInt8(97 + (number >> ($0 * 5)) & 15) }, as: UTF8.self)
}
