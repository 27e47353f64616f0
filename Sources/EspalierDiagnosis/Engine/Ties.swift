/// Tensors that share storage: a name the source lacks takes what its twin takes, and twins that
/// would take two different tensors are reported.
struct Ties {
  let names: NameTable

  /// More than these are no parameters of one layer.
  private static let few = 8

  func apply(_ findings: inout Findings) {
    guard findings.destination.tensors.contains(where: { $0.tiedTo != nil }) else { return }
    var matcher = findings.matcher
    var groups: [Int: [Int]] = [:]
    for (d, slot) in matcher.destination.enumerated() where slot.stackIndex == nil {
      guard let tensor = slot.parts.first else { continue }
      groups[root(tensor, findings.destination), default: []].append(d)
    }
    var resized: [Int: Resized] = [:]
    for one in findings.resized where resized[one.destination] == nil {
      resized[one.destination] = one
    }
    let tied = groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    let left = LeftMatrices(matcher)
    linkBeside(tied.compactMap { linkOwn($0, left, findings.source, &matcher) }, &matcher)
    for members in tied {
      let linked = members.filter { matcher.links[$0] != nil }
      guard let first = linked.first, let link = matcher.links[first] else { continue }
      for d in members where matcher.links[d] == nil {
        matcher.links[d] = SlotLink(sources: link.sources, join: link.join, evidence: .tie)
        matcher.misfits[d] = nil
        if let resized = resized[first] {
          findings.resized.append(
            Resized(
              destination: d, source: resized.source, kind: resized.kind, from: resized.from,
              to: resized.to))
        }
        findings.tiedFilled.append(d)
      }
      for d in linked.dropFirst() {
        guard let other = matcher.links[d], other.sources.count == 1, link.sources.count == 1,
          differ(matcher.source[link.sources[0]], matcher.source[other.sources[0]], findings.source)
        else { continue }
        findings.tiedConflicts.append((first, d))
      }
    }
    findings.matcher = matcher
  }

  /// A source that does not share may hold the copy's tensor under another name: the one matrix of its
  /// size that is left outside of all blocks, a table's rows being no output's. The likeliest copy
  /// takes it, and whether the two agree is asked like anywhere else.
  private func linkOwn(
    _ members: [Int], _ left: LeftMatrices, _ inventory: Inventory, _ matcher: inout Matcher
  ) -> (d: Int, s: Int)? {
    let open = members.filter { matcher.links[$0] == nil && matcher.misfits[$0] == nil }
    let linked = members.first { matcher.links[$0] != nil }
    guard let twin = linked.flatMap({ matcher.links[$0]?.sources.first }), let any = open.first,
      let s = left.only(like: any, &matcher),
      !share(matcher.source[twin], matcher.source[s], inventory)
    else { return nil }
    let source = matcher.source[s].path
    let candidates = open.filter { d in
      let path = matcher.destination[d].path
      return matcher.fits(d, s) && !names.isInBlock(path)
        && (matcher.scorer.rows(path) == nil) == (matcher.scorer.rows(source) == nil)
    }
    let profile = matcher.scorer.profile(source)
    let scores = candidates.map { d in
      matcher.scorer.score(matcher.scorer.profile(matcher.destination[d].path), profile)
    }
    guard let best = scores.indices.max(by: { scores[$0] < scores[$1] }) else { return nil }
    matcher.link(candidates[best], s, .structure)
    return (candidates[best], s)
  }

  /// The bias of such a layer comes from beside its weight.
  private func linkBeside(_ pairs: [(d: Int, s: Int)], _ matcher: inout Matcher) {
    guard !pairs.isEmpty else { return }
    let (destination, source) = (matcher.destination, matcher.source)
    let ds = Dictionary(grouping: destination.indices) { destination[$0].path.dropLast() }
    let ss = Dictionary(grouping: source.indices) { source[$0].path.dropLast() }
    func role(_ slot: Slot) -> Vocabulary.Role { slot.path.last.map(names.role) ?? .other }
    for pair in pairs {
      let ours = ds[destination[pair.d].path.dropLast()] ?? []
      let theirs = ss[source[pair.s].path.dropLast()] ?? []
      guard ours.count <= Self.few, theirs.count <= Self.few else { continue }
      for d in ours where matcher.links[d] == nil && matcher.misfits[d] == nil {
        let options = theirs.filter {
          !matcher.used[$0] && source[$0].shape == destination[d].shape
            && role(source[$0]) == role(destination[d])
        }
        if options.count == 1 { matcher.link(d, options[0], .structure) }
      }
    }
  }

  private func share(_ a: Slot, _ b: Slot, _ inventory: Inventory) -> Bool {
    guard let one = a.parts.first, let two = b.parts.first else { return true }
    return root(one, inventory) == root(two, inventory)
  }

  private func root(_ tensor: Int, _ inventory: Inventory) -> Int {
    var at = tensor
    // A tie points to an earlier tensor, so this ends.
    while let next = inventory.tensors[at].tiedTo, next < at, next >= 0 { at = next }
    return at
  }

  /// Two tensors of the source that are neither tied nor, where values are at hand, equal.
  private func differ(_ a: Slot, _ b: Slot, _ source: Inventory) -> Bool {
    if share(a, b, source) { return false }
    guard let one = a.parts.first, let two = b.parts.first else { return false }
    if let probe = source.probe, let x = probe(one, 4096), let y = probe(two, 4096) {
      return x != y
    }
    return true
  }
}

/// Source matrices that nothing takes, outside of all blocks.
private struct LeftMatrices {
  private var byLayout: [Int: [Int]] = [:]

  /// Of more that are alike none is likelier to be the one.
  private static let few = 8

  init(_ matcher: Matcher) {
    for s in matcher.source.indices where !matcher.used[s] {
      let slot = matcher.source[s]
      guard slot.shape.count == 2, slot.shape[0] != slot.shape[1],
        !matcher.names.isInBlock(slot.path)
      else { continue }
      byLayout[matcher.sourceLayouts[s], default: []].append(s)
    }
  }

  /// The only one that is laid out as a destination slot is, or could be.
  func only(like d: Int, _ matcher: inout Matcher) -> Int? {
    let alike = byLayout[matcher.destinationLayouts[d]] ?? []
    guard alike.count <= Self.few else { return nil }
    let own = alike.filter { !matcher.used[$0] }
    return own.count == 1 && matcher.fits(d, own[0]) ? own[0] : nil
  }
}
