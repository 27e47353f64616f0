/// The layers of two transformers of one width fit each other whatever the models are for: text, images
/// and sound all have them. What stands before and behind the layers tells the models apart.
struct CommonBlocks {
  private let findings: Findings
  private let matcher: Matcher

  init(_ findings: Findings) {
    self.findings = findings
    matcher = findings.matcher
  }

  /// Blocks have matrices of so few layouts where one block is repeated; the stages of a convolutional
  /// model have more, and do not fit by chance.
  private static let mostLayouts = 6

  /// Both models have matrices outside of their blocks, none of these agree, and names do not either.
  var areAllThatAgrees: Bool {
    guard !namesAgree, hasLeftOutside else { return false }
    var layouts: Set<Int> = []
    for (d, link) in matcher.links where isMatrix(matcher.destination[d]) {
      guard let s = link.sources.first else { continue }
      if isInBlock(matcher.destination[d]), isInBlock(matcher.source[s]) {
        layouts.insert(matcher.destinationLayouts[d])
      } else if isEvidence(d, link) {
        return false
      }
    }
    guard !layouts.isEmpty, layouts.count <= Self.mostLayouts else { return false }
    return matcher.destination.contains(where: isOutside)
      && matcher.source.contains(where: isOutside)
      && !findings.resized.contains(where: isEvidence)
  }

  /// A matrix outside of the blocks has no partner of its size on the other side.
  private var hasLeftOutside: Bool {
    var used = NumberSet()
    var linked = 0
    for (d, link) in matcher.links {
      if case .resized = link.join { continue }
      for s in link.sources { used.insert(s) }
      if isOutside(matcher.destination[d]) { linked += 1 }
    }
    return linked < matcher.destination.count(where: isOutside)
      || matcher.source.indices.contains {
        isOutside(matcher.source[$0]) && !used.contains($0)
      }
  }

  /// Most links are between names that are equal but for containers and wrappers: what a model calls
  /// its layers where it stands is not chance.
  private var namesAgree: Bool {
    let equal = matcher.links.count { d, link in
      guard link.evidence == .name || link.evidence == .order, let s = link.sources.first else {
        return false
      }
      return isWhole(d, s)
    }
    return equal * 2 >= matcher.links.count
  }

  /// No component of the models' own was cut off either name.
  private func isWhole(_ d: Int, _ s: Int) -> Bool {
    let cut = matcher.source[s].cut
    let added = matcher.destination[d].path.dropLast(matcher.source[s].path.count)
    return (cut.prefix + cut.infix + added).allSatisfy {
      Vocabulary.wrappers.contains(matcher.names.text($0))
    }
  }

  /// A square matrix is as wide as the layers, no more; vectors make a matrix by chance, and a table
  /// is as long as a projection by chance.
  private func isEvidence(_ d: Int, _ link: SlotLink) -> Bool {
    if case .resized = link.join { return false }
    let looksUp = isTable(matcher.destination[d])
    let agrees = link.sources.allSatisfy {
      isMatrix(matcher.source[$0]) && isTable(matcher.source[$0]) == looksUp
    }
    guard agrees else { return false }
    let shape = squeeze(matcher.destination[d].shape)
    return Set(shape).count > 1
  }

  /// Under one name any size will do. Under another, tables of tokens and heads are lengthened by a
  /// few rows, or by some more where the table and the layer that makes tokens agree on how many; lengths
  /// of positions are alike everywhere.
  private func isEvidence(_ pair: Resized) -> Bool {
    let (d, s) = (matcher.destination[pair.destination], matcher.source[pair.source])
    guard isOutside(d), isOutside(s) else { return false }
    if d.path == s.path || matcher.shortPaths[pair.destination] == s.path { return true }
    guard pair.kind != .position else { return false }
    let agreeing = findings.resized.count { $0.from == pair.from && $0.to == pair.to }
    let percent = agreeing > 1 ? 5 : 1
    return 100 * abs(pair.from - pair.to) <= percent * max(pair.from, pair.to)
  }

  private func isTable(_ slot: Slot) -> Bool { matcher.scorer.rows(slot.path) != nil }

  private func isOutside(_ slot: Slot) -> Bool { isMatrix(slot) && !isInBlock(slot) }

  private func isMatrix(_ slot: Slot) -> Bool { slot.shape.count { $0 != 1 } > 1 }

  private func isInBlock(_ slot: Slot) -> Bool { matcher.names.isInBlock(slot.path) }
}
