import EspalierTree

/// Causes for what is present on one side only: each leftover gets one reason.
struct OneSideCauses {
  private let facts: Facts
  private var missing: [Reason: [Int]] = [:]
  private var surplus: [Reason: [Int]] = [:]
  private var used: Set<Int> = []
  /// Sources in use that are tied to an earlier tensor.
  private var tiedUsed: Set<Int> = []

  enum Reason: Hashable { case buffer, bias, depth, module, tied, folded, none }

  init(_ facts: Facts) {
    self.facts = facts
    let matcher = facts.matcher
    if !facts.surplus.isEmpty {
      used = Set(facts.links.flatMap(\.sources))
      tiedUsed = Set(used.compactMap { facts.findings.source.tensors[$0].tiedTo })
    }
    // A tensor of another size is there all the same.
    let resized = Set(facts.findings.resized.map(\.destination))
    let resizedSources = Set(facts.findings.resized.map(\.source))
    let d = Side(matcher.destination, facts.names) {
      matcher.links.contains($0) || resized.contains($0)
    }
    let s = Side(matcher.source, facts.names) { matcher.used[$0] || resizedSources.contains($0) }
    for index in facts.missing { missing[d.reason(index), default: []].append(index) }
    for index in facts.surplus {
      var reason = s.reason(index)
      if isTiedToUsed(index) { reason = .tied }
      if facts.findings.foldedNorms > 0, reason == .buffer { reason = .folded }
      surplus[reason, default: []].append(index)
    }
  }

  /// Leftovers that have no reason.
  var unexplained: (destination: [Int], source: [Int]) {
    (missing[.none] ?? [], surplus[.none] ?? [])
  }

  /// Rules for what a folded batch norm leaves behind.
  var foldedRules: [Rule] { facts.leavingOut(facts.leftovers(source: surplus[.folded] ?? [])) }

  private func isTiedToUsed(_ s: Int) -> Bool {
    guard let tensor = facts.matcher.source[s].parts.first else { return false }
    let tensors = facts.findings.source.tensors
    if let root = tensors[tensor].tiedTo, used.contains(root) { return true }
    return tiedUsed.contains(tensor)
  }

  func find() -> [Diagnosis] {
    var out: [Diagnosis] = []
    func add(
      _ cause: Cause, _ slots: [Int]?, isSource: Bool, _ one: String, _ many: String,
      _ text: String, harm: Harm
    ) {
      guard let slots, !slots.isEmpty else { return }
      let names = isSource ? facts.sourceNames(slots) : facts.destinationNames(slots)
      let noun = isSource ? "source tensor" : "destination tensor"
      out.append(
        facts.diagnosis(
          cause, "\(counted(names.count, noun, one, many)) \(text)",
          evidence: NameSummary.lines(names), harm: harm,
          leaving: isSource
            ? facts.leftovers(source: slots) : facts.leftovers(destination: slots)))
    }
    add(
      .missingBias, missing[.bias], isSource: false,
      "is a bias", "are biases", "that the source lacks; initial values stay.",
      harm: .needsDecision)
    add(
      .biasUnexpected, surplus[.bias], isSource: true,
      "is a bias", "are biases", "that the destination lacks; nothing takes it over.",
      harm: .needsDecision)
    add(
      .buffersMissing, missing[.buffer], isSource: false,
      "is a buffer", "are buffers",
      "that the source lacks; the model computes or counts it itself.",
      harm: .harmless)
    add(
      .buffersUnexpected, surplus[.buffer], isSource: true,
      "is a buffer", "are buffers", "that the destination lacks; nothing trained is lost.",
      harm: .harmless)
    add(
      .subsetCheckpoint, missing[.module], isSource: false,
      "belongs", "belong", "to whole modules that the source lacks; initial values stay.",
      harm: .needsDecision)
    add(
      .extraHead, surplus[.module], isSource: true,
      "belongs", "belong", "to whole modules that the destination lacks; nothing takes them over.",
      harm: .harmless)
    if let depth = depth() { out.append(depth) }
    if let tied = tied() { out.append(tied) }
    if !facts.findings.tiedConflicts.isEmpty { out.append(conflict()) }
    return out
  }

  private func depth() -> Diagnosis? {
    let more = missing[.depth] ?? []
    let less = surplus[.depth] ?? []
    // Lists that were tried together count only if their surplus found no other partner.
    let lists = facts.findings.depthPairs.filter { pair in
      pair.surplus.destination.allSatisfy { facts.matcher.links[$0] == nil }
        && pair.surplus.source.allSatisfy { !facts.matcher.used[$0] }
    }
    guard !more.isEmpty || !less.isEmpty else { return nil }
    var evidence =
      NameSummary.lines(facts.destinationNames(more)) + NameSummary.lines(facts.sourceNames(less))
    for pair in lists {
      evidence.append(
        "a list of \(pair.destination) blocks in the destination, \(pair.source) in the source")
    }
    let counts = [
      (more.isEmpty ? 0 : facts.destinationNames(more).count, "destination tensor", "source"),
      (less.isEmpty ? 0 : facts.sourceNames(less).count, "source tensor", "destination"),
    ]
    let parts = counts.filter { $0.0 > 0 }.map { count, noun, other in
      "\(counted(count, noun, "belongs", "belong")) to layers that the \(other) lacks"
    }
    return facts.diagnosis(
      .depthMismatch,
      "The two have different numbers of layers: \(parts.joined(separator: ", ")).",
      evidence: evidence, harm: .needsDecision,
      leaving: facts.leftovers(destination: more, source: less))
  }

  private func tied() -> Diagnosis? {
    // A twin that the source holds under some name is not absent.
    let absent = facts.findings.tiedFilled
    guard !absent.isEmpty, (surplus[.tied] ?? []).count < absent.count else { return nil }
    let names = facts.destinationNames(absent)
    return facts.diagnosis(
      .tiedAbsent,
      "\(counted(names.count, "destination name", "shares", "share")) storage with another one and the source lacks it; the twin's values are taken.",
      evidence: NameSummary.lines(names), harm: .harmless, verbs: ["tie"])
  }

  private func conflict() -> Diagnosis {
    let pairs = facts.findings.tiedConflicts
    let names = pairs.map { one, two in
      let slots = [one, two].map { facts.matcher.destination[$0] }
      let sources = [one, two].compactMap { facts.matcher.links[$0]?.sources.first }
        .map { facts.matcher.source[$0] }
      func both(_ slots: [Slot]) -> String {
        slots.map { facts.names.join($0.path) }.joined(separator: " and ")
      }
      let from = slots.map(\.path) == sources.map(\.path) ? "" : ", from \(both(sources))"
      return both(slots) + from
    }
    return facts.diagnosis(
      .tiedConflict,
      "The destination ties \(counted(pairs.count, "pair")) of names for which the source holds two different tensors; one storage can hold only one of them.",
      evidence: names, harm: .needsDecision)
  }
}

/// Which leftovers of one side are buffers, biases, layers or whole modules.
private struct Side {
  let slots: [Slot]
  let names: NameTable
  let isMatched: (Int) -> Bool
  /// Where each slot lies in its file: two towers may have the same names once a prefix is cut.
  private var directories: [Int] = []
  private var matchedDirectories = NumberSet()
  /// Shapes of leftover buffers by directory.
  private var bufferShapes = NumberedValues<Set<[Int]>>()
  /// One level above.
  private var matchedParents = NumberSet()
  private var missingModules = NumberSet()
  private var surplusBlocks: SurplusBlocks?
  private let words: BufferWords

  init(_ slots: [Slot], _ names: NameTable, isMatched: @escaping (Int) -> Bool) {
    self.slots = slots
    self.names = names
    self.isMatched = isMatched
    words = BufferWords(names)
    // Most sides have nothing left over, and then there is nothing to look at.
    guard slots.indices.contains(where: { !isMatched($0) }) else { return }
    var prefixes = PrefixTable()
    directories.reserveCapacity(slots.count)
    for (index, slot) in slots.enumerated() {
      let prefix = slot.cut.prefix
      let path = prefix.isEmpty ? slot.path : prefix + slot.path
      let above = prefixes.prefixes(of: path, length: max(0, path.count - 1))
      directories.append(above[above.count - 1])
      if isMatched(index) {
        matchedDirectories.insert(above[above.count - 1])
        matchedParents.insert(above[max(0, above.count - 2)])
      }
    }
    for (index, slot) in slots.enumerated() where !isMatched(index) {
      let directory = directories[index]
      if isBuffer(slot) {
        bufferShapes[directory, default: []].insert(slot.shape)
        continue
      }
      if !matchedDirectories.contains(directory) { missingModules.insert(directory) }
    }
    surplusBlocks = SurplusBlocks(slots, names, isMatched: isMatched)
  }

  func reason(_ index: Int) -> OneSideCauses.Reason {
    let slot = slots[index]
    if isBuffer(slot) {
      // A counter goes with the module it counts for.
      return isInMissingModule(index) ? moduleReason(index) : .buffer
    }
    if isSurplus(index) { return .depth }
    let directory = directories[index]
    if matchedDirectories.contains(directory), let leaf = slot.path.last {
      if names.role(leaf) == .bias, slot.shape.count <= 2 { return .bias }
      if slot.path.count > 1 { return .none }
    }
    if isPositionTable(slot, inside: directory) || isBesideBuffer(slot, directory) {
      return .buffer
    }
    return .module
  }

  /// A bare table of positions that hangs in a module whose own layers are matched: computed, no
  /// module of its own.
  private func isPositionTable(_ slot: Slot, inside directory: Int) -> Bool {
    guard slot.path.count > 2, slot.shape.count == 2, let leaf = slot.path.last,
      names.role(leaf) == .other, matchedParents.contains(directory)
    else { return false }
    return names.text(leaf).split(separator: "_").contains { $0.hasPrefix("pos") }
  }

  /// A bare vector as long as a buffer next to it: a schedule and what is computed from it.
  private func isBesideBuffer(_ slot: Slot, _ directory: Int) -> Bool {
    guard slot.shape.count == 1, let leaf = slot.path.last, names.role(leaf) == .other else {
      return false
    }
    return bufferShapes[directory]?.contains(slot.shape) ?? false
  }

  /// Other tensors of the same module are parameters, and none of them is matched.
  private func isInMissingModule(_ index: Int) -> Bool {
    slots[index].path.count > 1 && missingModules.contains(directories[index])
  }

  private func moduleReason(_ index: Int) -> OneSideCauses.Reason {
    isSurplus(index) ? .depth : .module
  }

  /// It lies in a layer that the other side lacks.
  private func isSurplus(_ index: Int) -> Bool { surplusBlocks?.contains(index) ?? false }

  private static let countingTypes = ["I64", "I32", "I16", "U8", "BOOL"]

  private func isBuffer(_ slot: Slot) -> Bool {
    if let place = slot.path.firstIndex(where: words.nameBuffers) {
      // A loss may have a network of its own, with layers below it.
      return !isInLayer(slot, below: place)
    }
    if !slot.steps.isEmpty { return false }
    if Self.countingTypes.contains(slot.dtype) { return true }
    // Masks: (1, 1, n, n).
    let shape = slot.shape
    return shape.count == 4 && shape[0] == 1 && shape[1] == 1 && shape[2] == shape[3]
      && shape[2] > 7
  }

  /// A weight or a bias at least two modules below a word.
  private func isInLayer(_ slot: Slot, below place: Int) -> Bool {
    guard let leaf = slot.path.last, slot.path.count - place > 3 else { return false }
    let role = names.role(leaf)
    return role == .weight || role == .bias
  }
}

/// Which components name a buffer; each is looked at once.
private final class BufferWords {
  private let names: NameTable
  private var known: [Bool?]

  init(_ names: NameTable) {
    self.names = names
    known = [Bool?](repeating: nil, count: names.texts.count)
  }

  func nameBuffers(_ id: Int) -> Bool {
    if let known = known[id] { return known }
    let text = names.text(id)
    let answer = Vocabulary.bufferWords.contains(text) || saysOnlyBuffers(text)
    known[id] = answer
    return answer
  }

  /// `rope_freqs`: several words, each of which names a buffer.
  private func saysOnlyBuffers(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: "_")) else { return false }
    let words = text.split(separator: "_")
    return words.count > 1 && words.allSatisfy { Vocabulary.bufferWords.contains(String($0)) }
  }
}
