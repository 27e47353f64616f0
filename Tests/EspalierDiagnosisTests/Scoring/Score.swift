import EspalierDiagnosis

/// Scores of one case, as ../shared/diagnosis/README.md describes them.
struct CaseScore {
  var id: String
  var truePositives: Set<String> = []
  var falsePositives: Set<String> = []
  var falseNegatives: Set<String> = []
  var tensors = 0
  var exact = 0
  var rightSource = 0
  var wrong = 0
  var failures: [String] = []

  init(_ one: DiagnosisCase, causes: [String], mapping: Mapping) {
    id = one.id
    let named = Set(causes)
    truePositives = named.intersection(one.causes)
    falsePositives = named.subtracting(one.causes).subtracting(one.optional)
    falseNegatives = one.causes.subtracting(named)
    score(one, mapping)
  }

  private mutating func score(_ one: DiagnosisCase, _ mapping: Mapping) {
    var index: [String: Int] = [:]
    for (at, tensor) in one.source.tensors.enumerated() { index[tensor.text] = at }
    var links: [Int: Link] = [:]
    for link in mapping.links { links[link.destination] = link }
    // A tied tensor without a row takes the row of its twin.
    for (at, tensor) in one.destination.tensors.enumerated() where links[at] == nil {
      if let twin = tensor.tiedTo, let link = links[twin] { links[at] = link }
    }
    tensors = one.destination.tensors.count
    for (at, tensor) in one.destination.tensors.enumerated() {
      let rows = one.rows[tensor.text] ?? []
      let link = links[at]
      var isExact = link == nil && (rows.isEmpty || rows.contains { $0.sources.isEmpty })
      var isSource = isExact
      if let link {
        for row in rows {
          let wanted = row.sources.compactMap { index[$0] }
          guard
            Set(link.sources.map { storage($0, one.source) })
              == Set(wanted.map { storage($0, one.source) }),
            !wanted.isEmpty
          else { continue }
          isSource = true
          if same(link, wanted, row.operation, tensor.shape, one.source) { isExact = true }
        }
      }
      if isExact { exact += 1 }
      if isSource { rightSource += 1 }
      if !isExact {
        if link != nil { wrong += 1 }
        let got = link.map {
          $0.sources.map { one.source.tensors[$0].text }.joined(separator: " + ")
            + " : \($0.operation)"
        }
        let want = rows.first.map { $0.sources.joined(separator: " + ") + " : " + $0.operation }
        failures.append("\(tensor.text) got \(got ?? "nothing") want \(want ?? "nothing")")
      }
    }
  }

  private func storage(_ tensor: Int, _ inventory: Inventory) -> Int {
    var at = tensor
    while let next = inventory.tensors[at].tiedTo, next < at { at = next }
    return at
  }

  private func same(
    _ link: Link, _ wanted: [Int], _ text: String, _ shape: [Int], _ source: Inventory
  ) -> Bool {
    guard let operation = Operation(parsing: text) else { return false }
    let one = link.operation.steps.filter(\.computes).map { "\($0)".prefix { $0 != "(" } }
    let two = operation.steps.filter(\.computes).map { "\($0)".prefix { $0 != "(" } }
    guard one == two else { return false }
    if !one.isEmpty, one != ["dequantise"] || wanted.count > 1 { return true }
    let a = ElementFlow(link.operation, shapes: link.sources.map { source.tensors[$0].shape })
    let b = ElementFlow(operation, shapes: wanted.map { source.tensors[$0].shape })
    guard a.shape == shape, b.shape == shape else { return false }
    for element in samples(shape.reduce(1, *)) {
      guard let x = a.origin(element), let y = b.origin(element) else { return false }
      let left = x.map { [storage(link.sources[$0.source], source), $0.element] }
      let right = y.map { [storage(wanted[$0.source], source), $0.element] }
      if left != right { return false }
    }
    return true
  }

  /// All elements of small tensors; of large ones the corners and a fixed, spread-out choice.
  private func samples(_ count: Int) -> [Int] {
    if count <= 256 { return Array(0..<count) }
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    let spread = (0..<96).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    return [0, 1, 2, count - 1, count / 2] + spread
  }
}

/// Totals over cases.
struct Totals {
  var cases: [CaseScore]

  var truePositives: Int { cases.reduce(0) { $0 + $1.truePositives.count } }
  var falsePositives: Int { cases.reduce(0) { $0 + $1.falsePositives.count } }
  var falseNegatives: Int { cases.reduce(0) { $0 + $1.falseNegatives.count } }
  var f1: Double {
    let all = 2 * truePositives + falsePositives + falseNegatives
    return all == 0 ? 1 : Double(2 * truePositives) / Double(all)
  }
  var micro: Double {
    Double(cases.reduce(0) { $0 + $1.exact }) / Double(max(1, cases.reduce(0) { $0 + $1.tensors }))
  }
  var macro: Double {
    cases.reduce(0.0) { $0 + Double($1.exact) / Double(max(1, $1.tensors)) }
      / Double(max(1, cases.count))
  }
  var allRight: Int { cases.count { $0.exact == $0.tensors } }

  var summary: String {
    "\(cases.count) cases: cause F1 \(round4(f1)) (tp \(truePositives), fp \(falsePositives), fn \(falseNegatives)); "
      + "mapping micro \(round4(micro)), macro \(round4(macro)), all right in \(allRight)"
  }

  private func round4(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
