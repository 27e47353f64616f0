import EspalierDiagnosis
import EspalierTree

extension ComputedSteps {
  /// What the difference is multiplied by: mostly alpha / rank, with alpha from a tensor beside the
  /// factors or from the metadata; 1 where nothing says it.
  func scale(
    _ parts: AdapterParts, _ factors: any AdapterFactors
  ) throws(StepError) -> AdapterStep.Scale {
    if parts.family == .mlx { return .number(mlxScale) }
    if parts.family != .lora, factors.rank == nil, peftAlpha == nil { return .number(1) }
    let rank = factors.rank ?? source.number(["adapter_config.json.r"]) ?? 1
    if let alpha = alphaTensor(parts) { return .alpha(alpha, rank: rank) }
    let module = (owner(parts) ?? []).map { String(decoding: $0, as: UTF8.self) }
      .joined(separator: ".")
    let said = parts.family == .lora ? alpha : peftAlpha
    if let alpha = try AlphaPatterns(source.metadata).alpha(of: module) ?? said {
      return .number(alpha / (isRootScaled ? Float(rank).squareRoot() : Float(rank)))
    }
    note(
      "lora_merge: neither the source's metadata nor a tensor says alpha; the scale 1 (alpha = rank) "
        + "is assumed")
    return .number(1)
  }

  /// What the metadata says of the scale.
  var alpha: Float? { metadata(["lora_alpha", "ss_network_alpha"]) }
  /// The same for LoHa and LoKr in PEFT's configuration.
  var peftAlpha: Float? { metadata(["adapter_config.json.alpha"]) }
  var isRootScaled: Bool { says("use_rslora") }

  /// MLX says the scale itself, in the configuration beside the adapter; its default is 20.
  var mlxScale: Float {
    if let scale = metadata(["lora_parameters.scale"]) { return scale }
    note("lora_merge: nothing says the scale; 20, the default of MLX, is assumed")
    return 20
  }

  /// Alpha among the tensors of the rule, or beside its factors.
  private func alphaTensor(_ parts: AdapterParts) -> ValueNode? {
    if let alpha = parts[.alpha] { return alpha.node.elementCount == 1 ? alpha.node : nil }
    guard let owner = owner(parts),
      let index = tensor(named: Array((owner + [Array("alpha".utf8)]).joined(separator: [0x2E]))),
      source.tensors[index].elements == 1
    else { return nil }
    return leaf(index)
  }

  /// The components of the module's name.
  private func owner(_ parts: AdapterParts) -> [[UInt8]]? {
    let roles: [AdapterRole] = [.down, .w1, .w1A, .w2, .w2A]
    guard let part = roles.lazy.compactMap({ parts[$0] }).first,
      let place = AdapterWords.read(part.tensor.components)?.place
    else { return nil }
    return Array(part.tensor.components[..<place])
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
