import EspalierDiagnosis
import EspalierTree

extension ComputedSteps {
  /// alpha / rank, from a tensor beside the factors or from the metadata; 1 where nothing says it.
  func scale(
    _ down: Part, _ rank: Int, _ nodes: inout [ValueNode]
  ) throws(StepError) -> AdapterStep.Scale {
    let owner = Self.owner(of: down.tensor.name)
    if let owner, let alpha = tensor(named: owner + Array("alpha".utf8)),
      source.tensors[alpha].elements == 1
    {
      nodes.append(leaf(alpha))
      return .alphaTensor
    }
    let module = String(decoding: owner?.dropLast() ?? [], as: UTF8.self)
    if let alpha = try AlphaPatterns(source.metadata).alpha(of: module) ?? alpha {
      return .number(alpha / (isRootScaled ? Float(rank).squareRoot() : Float(rank)))
    }
    note(
      "lora_merge: neither the source's metadata nor a tensor says alpha; the scale 1 (alpha = rank) "
        + "is assumed")
    return .number(1)
  }

  /// What the metadata says of the scale.
  var alpha: Float? { metadata(["lora_alpha", "ss_network_alpha"]) }
  var isRootScaled: Bool { says("use_rslora") }

  /// The module's name with the dot behind it.
  private static func owner(of name: [UInt8]) -> [UInt8]? {
    for word in ["lora_A", "lora_down", "lora.down", "lora_embedding_A"].map({ Array($0.utf8) })
    where name.count >= word.count {
      for start in 0...(name.count - word.count)
      where name[start..<start + word.count].elementsEqual(word) { return Array(name[..<start]) }
    }
    return nil
  }
}

/// `alpha_pattern` of an adapter's configuration: another alpha for modules whose names end so.
struct AlphaPatterns {
  /// In a fixed order; the keys without `alpha_pattern.` and what stands before it.
  let entries: [(pattern: String, alpha: Float)]

  init(_ metadata: [String: String]) {
    entries = metadata.keys.sorted().compactMap { key in
      let parts = key.split(separator: ".", omittingEmptySubsequences: false)
      guard let place = parts.firstIndex(of: "alpha_pattern"), place + 1 < parts.count,
        let alpha = metadata[key].flatMap({ Float($0) })
      else { return nil }
      return (parts[(place + 1)...].joined(separator: "."), alpha)
    }
  }

  /// - Throws: for expressions other than plain names.
  func alpha(of module: String) throws(StepError) -> Float? {
    for (pattern, alpha) in entries {
      var name = pattern
      if name.hasPrefix("^") { name.removeFirst() }
      if name.hasSuffix("$") { name.removeLast() }
      name = name.split(separator: "\\.", omittingEmptySubsequences: false).joined(separator: ".")
      guard !name.contains(where: { "\\*+?()[]{}|^$".contains($0) }) else {
        throw StepError(
          .unsupported, found: "“\(visibleText(Array(pattern.utf8)))” in alpha_pattern",
          expected: "names of modules without other expressions")
      }
      if module == name || module.hasSuffix("." + name) { return alpha }
    }
    return nil
  }
}
