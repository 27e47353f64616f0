/// Are the two models related at all? Agreement by chance (a LayerNorm of the same width, an `fc`)
/// must not look like a match.
struct Kinship {
  private let findings: Findings

  init(_ findings: Findings) { self.findings = findings }

  /// Share of parameters that found a partner, and how.
  var areUnrelated: Bool {
    let matcher = findings.matcher
    guard !matcher.destination.isEmpty, !matcher.source.isEmpty else { return false }
    // Adapter factors alone are a different finding.
    if matcher.source.isEmpty || !findings.reading.orphanAdapters.isEmpty { return false }
    var named = 0
    var filled = 0
    var usedSources: Set<Int> = []
    for (d, link) in matcher.links {
      filled = saturatingSum(filled, matcher.destination[d].elements)
      usedSources.formUnion(link.sources)
      if link.evidence == .name || link.evidence == .order { named += 1 }
    }
    let wanted = matcher.destination.reduce(0) { saturatingSum($0, $1.elements) }
    let offered = matcher.source.reduce(0) { saturatingSum($0, $1.elements) }
    let taken = usedSources.reduce(0) { saturatingSum($0, matcher.source[$1].elements) }
    let sameNames = Double(named + findings.resized.count)
    let shareOfNames = sameNames / Double(min(matcher.destination.count, matcher.source.count))
    let destinationShare = share(filled, wanted)
    let sourceShare = share(taken, offered)
    if onlyVectorsAgree { return true }
    if CommonBlocks(findings).areAllThatAgrees { return true }
    // Sibling models have the same names in other sizes.
    if shareOfNames >= 0.5 { return false }
    if destinationShare < 0.1, sourceShare < 0.5 { return true }
    if sourceShare < 0.1, destinationShare < 0.5 { return true }
    // Two models of some size do not come to the same number of parameters by chance.
    if wanted == offered, wanted < Int.max, matcher.links.count >= 8, destinationShare > 0.3 {
      return false
    }
    let namedShare = Double(named) / Double(max(matcher.links.count, 1))
    if namedShare >= 0.5, max(destinationShare, sourceShare) > 0.3 { return false }
    // One large table that differs does not outweigh all else.
    if matcher.links.count >= 8, 100 * matcher.links.count >= 97 * matcher.destination.count,
      100 * usedSources.count >= 97 * matcher.source.count
    {
      return false
    }
    // Found by structure: a relative uses up one of the two sides almost wholly.
    let destinationLeft = 1 - destinationShare
    let sourceLeft = 1 - sourceShare
    return min(destinationLeft, sourceLeft) > 0.15
  }

  /// Under the same names stand matrices on one side and kernels on the other, and no matrix or
  /// kernel fits: biases and norms of one length are chance.
  private var onlyVectorsAgree: Bool {
    let matcher = findings.matcher
    let pairs = matcher.misfits.filter { squeeze(matcher.destination[$0.key].shape).count > 1 }
    let others = pairs.count { d, s in
      squeeze(matcher.destination[d].shape).count != squeeze(matcher.source[s].shape).count
    }
    guard others > 1, others * 2 > pairs.count else { return false }
    return !matcher.links.destinations.contains { squeeze(matcher.destination[$0].shape).count > 1 }
  }

  private func share(_ part: Int, _ whole: Int) -> Double {
    whole > 0 ? Double(part) / Double(whole) : 0
  }
}
