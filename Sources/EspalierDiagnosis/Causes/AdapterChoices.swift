/// An adapter without its base weights, merged into the destination's own: what somebody may want who
/// knows that the destination is the base.
enum AdapterChoices {
  private static let downs: Set<String> = ["lora_A", "lora_down", "lora_embedding_A"]
  private static let others: Set<String> = [
    "lora_B", "lora_up", "lora_embedding_B", "lora_magnitude_vector",
  ]

  static func rules(_ facts: Facts) -> [Rule] {
    let (source, destination) = (facts.findings.source, facts.findings.destination)
    var weights: [[[UInt8]]: Int] = [:]
    for (index, tensor) in destination.tensors.enumerated() {
      guard tensor.components.last == Array("weight".utf8) else { continue }
      weights[Array(tensor.components.dropLast())] = index
    }
    var modules: [[[UInt8]]: [Int]] = [:]
    for tensor in facts.findings.reading.orphanAdapters.sorted() {
      let parts = source.tensors[tensor].components
      guard let place = parts.firstIndex(where: { isFactor(String(decoding: $0, as: UTF8.self)) })
      else { continue }
      modules[Array(parts[..<place]), default: []].append(tensor)
    }
    let links = modules.compactMap { module, tensors -> Link? in
      guard let weight = weight(of: module, weights),
        fits(tensors, destination.tensors[weight], source)
      else { return nil }
      return Link(destination: weight, sources: tensors, operation: Operation([.loraMerge]))
    }.sorted { $0.destination < $1.destination }
    return RuleWriter(destination: destination, source: source)
      .write(links, reading: [], skipped: [])
  }

  private static func isFactor(_ word: String) -> Bool {
    downs.contains(word) || others.contains(word)
  }

  /// The destination's weight of a module, whose name may stand below the names of wrappers.
  private static func weight(of module: [[UInt8]], _ weights: [[[UInt8]]: Int]) -> Int? {
    for cut in module.indices {
      if let found = weights[Array(module[cut...])] { return found }
    }
    return nil
  }

  /// Both factors, of the weight's size.
  private static func fits(_ tensors: [Int], _ weight: TensorFacts, _ source: Inventory) -> Bool {
    func find(_ words: Set<String>) -> TensorFacts? {
      tensors.map { source.tensors[$0] }.first { tensor in
        tensor.components.contains { words.contains(String(decoding: $0, as: UTF8.self)) }
      }
    }
    guard let down = find(downs), let up = find(others.subtracting(["lora_magnitude_vector"])),
      let rank = down.shape.first, rank > 0, up.shape.count >= 2, up.shape[1] == rank
    else { return false }
    let (size, overflow) = (down.elements / rank).multipliedReportingOverflow(by: up.shape[0])
    return !overflow && size == weight.elements
  }
}
