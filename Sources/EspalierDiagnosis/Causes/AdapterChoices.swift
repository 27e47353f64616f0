/// An adapter without its base weights, merged into the destination's own: what somebody may want who
/// knows that the destination is the base.
enum AdapterChoices {
  static func rules(_ facts: Facts) -> [Rule] {
    let (source, destination) = (facts.findings.source, facts.findings.destination)
    let weights = Weights(destination)
    let orphans = Set(facts.findings.reading.orphanAdapters)
    let links = AdapterModule.all(in: source, where: orphans.contains).compactMap {
      module -> Link? in
      guard let weight = weights.find(module.owner),
        module.elements(source) == destination.tensors[weight].elements
      else { return nil }
      return Link(
        destination: weight, sources: module.ordered, operation: Operation([.loraMerge]))
    }.sorted { $0.destination < $1.destination }
    return facts.spelling.ruleWriter.write(links, reading: [], skipped: [])
  }

  /// The destination's weights by the names of their modules.
  private struct Weights {
    private var exact: [[[UInt8]]: Int] = [:]
    /// With underscores for dots, as kohya's scripts write names; -1 for several.
    private var flat: [[UInt8]: Int] = [:]

    init(_ destination: Inventory) {
      let weight = Array("weight".utf8)
      for (index, tensor) in destination.tensors.enumerated() where tensor.components.last == weight
      {
        let module = Array(tensor.components.dropLast())
        exact[module] = index
        // What the model hangs in may be missing in front.
        for cut in 0..<min(3, module.count) {
          let name = Array(module[cut...].joined(separator: [0x5F]))
          flat[name] = flat[name] == nil ? index : -1
        }
      }
    }

    /// Of a module whose name may stand below the names of wrappers.
    func find(_ module: [[UInt8]]) -> Int? {
      for cut in module.indices {
        if let found = exact[Array(module[cut...])] { return found }
      }
      guard let name = module.last, name.count <= Bounds.moduleName else { return nil }
      // `lora_unet_down_blocks_0_…`: what stands before the module's own name is cut word by word.
      var rest = name[...]
      for _ in 0..<5 {
        if let found = flat[Array(rest)] { return found < 0 ? nil : found }
        guard let end = rest.firstIndex(of: 0x5F) else { return nil }
        rest = rest[(end + 1)...]
      }
      return nil
    }
  }
}
