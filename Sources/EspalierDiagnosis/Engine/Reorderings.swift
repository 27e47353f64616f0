/// Orders that shapes cannot show: rotary halves, gates, flattened images, heads inside of a fused
/// tensor. Conventions of the two sides' spellings decide, and the finding says so.
struct Reorderings {
  let names: NameTable

  func apply(_ findings: inout Findings) {
    interleavedHeads(&findings)
    rotary(&findings)
    gates(&findings)
    flattened(&findings)
  }

  // MARK: Heads

  private func interleavedHeads(_ findings: inout Findings) {
    let matcher = findings.matcher
    let isInterleaved = matcher.links.contains { _, link in
      switch link.join {
      case .part(_, _, _, _, _, true), .concat(true): true
      default: false
      }
    }
    guard isInterleaved else { return }
    let headSize = HeadSize(findings)
    for (d, link) in matcher.links {
      guard let s = link.sources.first else { continue }
      let shape = matcher.destination[d].shape
      switch link.join {
      case .part(let index, let of, _, _, let rows, true):
        guard let own = shape.first, rows == own * of, matcher.source[s].shape.first == rows else {
          continue
        }
        let head = headSize(rows: own)
        let rest = Array(shape.dropFirst())
        findings.reorderings[d] = Reordering(
          kind: .interleaved,
          steps: [
            .reshape([own / head.size, of, head.size] + rest), .index(axis: 1, at: index),
            .reshape(shape),
          ], isAssumption: head.isAssumption)
      case .concat(true):
        guard let own = matcher.source[s].shape.first, shape.first == own * link.sources.count
        else { continue }
        let head = headSize(rows: own)
        let rest = Array(shape.dropFirst())
        findings.reorderings[d] = Reordering(
          kind: .interleaved,
          steps: [
            .reshape([own / head.size, head.size] + rest), .stack(axis: 1), .reshape(shape),
          ], isAssumption: head.isAssumption)
      default: continue
      }
    }
  }

  // MARK: Rotary halves

  private enum Rotary { case interleaved, halves }

  private func rotaryLayout(_ inventory: Inventory, _ slots: [Slot]) -> Rotary? {
    if contains(inventory.fileKind, "gguf") || inventory.metadata["general.architecture"] != nil {
      return inventory.metadata["general.architecture"] == "llama" ? .interleaved : nil
    }
    // Each word of the names is looked at once, however often it stands in them.
    let short = names.intern("wq")
    let long = names.intern("q_proj")
    var hasShort = false
    var hasLong = false
    var seen: Set<Int> = []
    for slot in slots {
      for id in slot.path where seen.insert(id).inserted {
        if id == short { hasShort = true }
        if id == long { hasLong = true }
        let text = names.text(id).lowercased()
        if text == "wpe" || contains(text, "pos") && contains(text, "emb") { return nil }
      }
    }
    return hasShort ? .interleaved : hasLong ? .halves : nil
  }

  /// The spellings tell the two layouts apart in language models only.
  private func hasTokenTable(_ matcher: Matcher) -> Bool {
    matcher.destination.contains { slot in
      guard slot.shape.count == 2 else { return false }
      let words = matcher.scorer.concepts(of: slot.path.suffix(2))
      return words.contains("token") || words.contains("embed") && !words.contains("position")
    }
  }

  private func rotary(_ findings: inout Findings) {
    let matcher = findings.matcher
    guard let from = rotaryLayout(findings.source, matcher.source),
      let to = rotaryLayout(findings.destination, matcher.destination), from != to,
      // Who turns the matrices follows a convention of its own.
      matcher.swapsExpected != true, hasTokenTable(matcher)
    else { return }
    // One width of head for the whole model, read off a query projection.
    var query: Int?
    for (d, link) in matcher.links where link.join == nil {
      let words = matcher.scorer.concepts(of: matcher.destination[d].path.suffix(2))
      if words.contains("query") {
        query = max(query ?? 0, matcher.destination[d].shape.first ?? 0)
      }
    }
    guard let rows = query else { return }
    let head = HeadSize(findings)(rows: rows)
    for (d, link) in matcher.links where link.join == nil {
      let slot = matcher.destination[d]
      let words = matcher.scorer.concepts(of: slot.path.suffix(2))
      guard words.contains("query") || words.contains("key"), !words.contains("norm"),
        let own = slot.shape.first, own % head.size == 0, head.size % 2 == 0, slot.shape.count <= 2,
        let s = link.sources.first, matcher.source[s].shape == slot.shape
      else { continue }
      let rest = Array(slot.shape.dropFirst())
      let count = own / head.size
      let split = from == .interleaved ? [count, head.size / 2, 2] : [count, 2, head.size / 2]
      findings.reorderings[d] = Reordering(
        kind: .rope,
        steps: [
          .reshape(split + rest), .permute([0, 2, 1] + rest.indices.map { $0 + 3 }),
          .reshape(slot.shape),
        ], isAssumption: head.isAssumption)
    }
  }

  // MARK: Gates

  /// Keras orders the gates of a GRU z, r, n; PyTorch orders them r, z, n.
  private func gates(_ findings: inout Findings) {
    let matcher = findings.matcher
    func isKeras(_ path: [Int]) -> Bool {
      contains(names.text(path.last ?? 0), "kernel") || names.text(path.last ?? 0) == "bias"
    }
    func isTorch(_ path: [Int]) -> Bool {
      let leaf = names.text(path.last ?? 0)
      return contains(leaf, "_ih_l") || contains(leaf, "_hh_l")
    }
    func hidden(_ slots: [Slot], torch: Bool) -> Set<Int> {
      Set(
        slots.compactMap { slot in
          let leaf = names.text(slot.path.last ?? 0)
          if torch { return contains(leaf, "weight_hh_l") ? slot.shape.last : nil }
          return leaf == "recurrent_kernel" ? slot.shape.first : nil
        })
    }
    let toTorch = hidden(matcher.source, torch: false)
    let toKeras = hidden(matcher.source, torch: true)
    guard !toTorch.isEmpty || !toKeras.isEmpty else { return }
    for (d, link) in matcher.links {
      guard let s = link.sources.first, link.sources.count == 1 else { continue }
      let target = matcher.destination[d]
      let origin = matcher.source[s]
      let pairs =
        !toTorch.isEmpty && isTorch(target.path) && isKeras(origin.path)
        || !toKeras.isEmpty && isTorch(origin.path) && isKeras(target.path)
      guard pairs else { continue }
      for size in toTorch.isEmpty ? toKeras : toTorch {
        let swap: [Step]
        if let rows = target.shape.first, rows == 3 * size, !toTorch.isEmpty {
          let rest = Array(target.shape.dropFirst())
          swap = [
            .reshape([3, size] + rest), .take(axis: 0, order: [1, 0, 2]), .reshape(target.shape),
          ]
        } else if target.shape.last == 3 * size, !toKeras.isEmpty {
          let rest = Array(target.shape.dropLast())
          swap = [
            .reshape(rest + [3, size]), .take(axis: rest.count, order: [1, 0, 2]),
            .reshape(target.shape),
          ]
        } else {
          continue
        }
        var before: [Step] = []
        if case .part(let index, _, _, _, _, _) = link.join {
          before = [.index(axis: 0, at: index)]
        } else if origin.shape != target.shape {
          before = [.transpose]
        }
        findings.reorderings[d] = Reordering(
          kind: .gates, steps: before + swap, isAssumption: false)
        break
      }
    }
  }

  // MARK: Flattened images

  /// The first dense layer behind convolutions whose channels moved sees its inputs in another order.
  private func flattened(_ findings: inout Findings) {
    let matcher = findings.matcher
    guard matcher.source.contains(where: { $0.shape.count == 4 }) else { return }
    let style = LinkBuilder.style(findings)
    let order = matcher.links.destinations
    // Before the last convolution nothing is flattened.
    let last = order.last { matcher.destination[$0].shape.count == 4 } ?? 0
    var channels: Int?
    var moved: [Step] = []
    for d in order {
      guard let link = matcher.links[d], link.join == nil, let s = link.sources.first else {
        continue
      }
      let a = matcher.destination[d].shape
      let b = matcher.source[s].shape
      if a.count == 4, b.count == 4 {
        moved =
          style.steps(
            source: b, destination: a, leaves: LinkBuilder.leaves(matcher, d, s), isTable: false)
          ?? []
        channels = lastIsOut(moved) ? a.last : a.first
        continue
      }
      guard a.count == 2, b.count == 2, let c = channels, case .permute(let axes)? = moved.first
      else { continue }
      channels = nil
      guard d > last else { continue }
      let toFirst = axes == [3, 2, 0, 1] || axes == [0, 3, 1, 2]
      let input =
        axes == [3, 2, 0, 1] || axes == [0, 3, 1, 2] || axes == [0, 2, 3, 1] ? a[1] : a[0]
      guard c > 1, input % c == 0, let side = root(input / c), side > 1,
        !LinkBuilder.isTable(matcher, d, s), isOnly(d, axis: input == a[1] ? 1 : 0, matcher)
      else { continue }
      let turns = a == b.reversed() && a != b || axes == [3, 2, 0, 1] || axes == [2, 3, 1, 0]
      let steps: [Step]
      switch (toFirst, turns) {
      case (true, true):
        steps = [.reshape([side, side, c, a[0]]), .permute([3, 2, 0, 1]), .reshape(a)]
      case (true, false):
        steps = [.reshape([a[0], side, side, c]), .permute([0, 3, 1, 2]), .reshape(a)]
      case (false, true):
        steps = [.reshape([a[1], c, side, side]), .permute([2, 3, 1, 0]), .reshape(a)]
      case (false, false):
        steps = [.reshape([a[0], c, side, side]), .permute([0, 2, 3, 1]), .reshape(a)]
      }
      findings.reorderings[d] = Reordering(kind: .flatten, steps: steps, isAssumption: false)
    }
  }

  /// No other matrix has so many inputs: where several do, they are the width of a model and no image.
  private func isOnly(_ d: Int, axis: Int, _ matcher: Matcher) -> Bool {
    let inputs = matcher.destination[d].shape[axis]
    return matcher.destination.count { $0.shape.count == 2 && $0.shape[axis] == inputs } == 1
  }

  private func lastIsOut(_ steps: [Step]) -> Bool {
    if case .permute(let axes)? = steps.first { return axes == [2, 3, 1, 0] }
    return false
  }

  private func root(_ value: Int) -> Int? {
    var side = 1
    while side * side < value, side < 4096 { side += 1 }
    return side * side == value ? side : nil
  }
}
