/// Tensors that share storage: a name the source lacks takes what its twin takes, and twins that
/// would take two different tensors are reported.
struct Ties {
  let names: NameTable

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

  private func root(_ tensor: Int, _ inventory: Inventory) -> Int {
    var at = tensor
    // A tie points to an earlier tensor, so this ends.
    while let next = inventory.tensors[at].tiedTo, next < at, next >= 0 { at = next }
    return at
  }

  /// Two tensors of the source that are neither tied nor, where values are at hand, equal.
  private func differ(_ a: Slot, _ b: Slot, _ source: Inventory) -> Bool {
    guard let one = a.parts.first, let two = b.parts.first, one != two else { return false }
    if root(one, source) == root(two, source) { return false }
    if let probe = source.probe, let x = probe(one, 4096), let y = probe(two, 4096) {
      return x != y
    }
    return true
  }
}
