/// Says why a source does not load into a destination, and which mapping would.
///
/// The search runs from the certain to the likely: roles, containers and prefixes; equal names;
/// equal names but for numbers; blocks that contain the same; leaves of a block by name, order and
/// neighbourhood; sizes; ties. Each step works on what the ones before left over. Time grows with
/// the number of tensors, not with its square: blocks are compared by what they contain, and leaves
/// only inside of paired blocks.
public struct Engine: Sendable {
  /// An engine; it keeps nothing from one diagnosis to the next.
  public init() {}

  /// - Parameter values: what compares values, where both sides have them.
  public func diagnose(
    destination: Inventory, source: Inventory, values: (any ValueAgreement)? = nil
  ) -> Report {
    let (destination, source) = (Bounds.apply(destination), Bounds.apply(source))
    let (spelling, found) = together(
      aside: { Spelling(destination: destination, source: source) },
      here: { Search(destination: destination, source: source).run() })
    var findings = found
    if let values { ValueEvidence(values: values).apply(&findings) }
    return ReportBuilder(findings, spelling).build()
  }
}

/// The pipeline that fills in `Findings`, from inventories within ``Bounds``.
struct Search {
  private let names = NameTable()
  private let destination: Inventory
  private let source: Inventory

  init(destination: Inventory, source: Inventory) {
    self.destination = destination
    self.source = source
  }

  func run() -> Findings {
    var reader = SourceReader(source, names: names)
    let destinationPaths = names.paths(of: destination.tensors)
    var reading = reader.read(destination: destination, destinationPaths: destinationPaths)
    var solver = PrefixSolver(names: names, source: source)
    solver.solve(
      &reading.slots, destination: destinationPaths,
      sourceHasOtherEntries: !reading.optimizer.isEmpty || !reading.copy.isEmpty
        || hasTrainingEntries)

    var destinationSlots = destination.tensors.indices.map { index in
      let tensor = destination.tensors[index]
      return Slot(
        path: destinationPaths[index], shape: tensor.shape, parts: [index], dtype: tensor.dtype)
    }
    var sourceStacks = Unstacking(names: names)
    sourceStacks.expand(&reading.slots, against: destinationSlots)
    var destinationStacks = Unstacking(names: names)
    destinationStacks.expand(&destinationSlots, against: reading.slots)

    let short = solver.withoutMissing(destinationSlots.map(\.path), source: reading.slots)
    let matcher = Matcher(
      names: names, destination: destinationSlots, source: reading.slots, shortPaths: short,
      columnMajor: source.isColumnMajor != destination.isColumnMajor)
    var findings = Findings(
      names: names, destination: destination, source: source, destinationPaths: destinationPaths,
      sourcePaths: reader.paths, reading: reading, matcher: matcher,
      missingPrefixes: solver.missing)
    findings.destinationStacks = destinationStacks.found
    findings.sourceStacks = sourceStacks.found

    match(&findings)
    findings.links = LinkBuilder(findings).build()
    return findings
  }

  /// A training checkpoint says so with entries such as `epoch`.
  private var hasTrainingEntries: Bool {
    source.metadata.keys.contains { key in
      [
        "epoch", "arch", "global_step", "iter", "iteration", "iter_num", "best_acc1", "step",
        "pytorch-lightning_version",
      ].contains(key)
        || ["args", "cfg", "config", "meta", "hyper_parameters", "model_args"].contains {
          key == $0 || key.hasPrefix($0 + ".")
        }
    }
  }

  private func match(_ findings: inout Findings) {
    findings.matcher.matchNames()
    BatchNormFolding(names: names).apply(&findings)
    findings.matcher.matchShiftedNumbers()
    // Names that agree by chance only are no reason to keep a tensor out of the search.
    if findings.matcher.links.count * 10 < findings.matcher.destination.count * 3,
      findings.matcher.misfits.count * 4 < findings.matcher.destination.count
    {
      findings.matcher.misfits = [:]
    }
    matchStructure(&findings)
    BatchNormFolding(names: names).apply(&findings)
    Sizes(names: names).apply(&findings)
    Ties(names: names).apply(&findings)
    if Kinship(findings).areUnrelated {
      findings.unrelated = true
      findings.matcher.links.removeAll()
      findings.matcher.used = [Bool](repeating: false, count: findings.matcher.source.count)
      findings.resized = []
      findings.tiedFilled = []
      findings.tiedConflicts = []
      findings.foldedNorms = 0
    }
    Reorderings(names: names).apply(&findings)
  }

  private func matchStructure(_ findings: inout Findings) {
    var matcher = findings.matcher
    let heldSources = Set(matcher.misfits.values)
    var ds = matcher.destination.indices.filter { index in
      !matcher.links.contains(index) && matcher.misfits[index] == nil
    }
    let ss = matcher.source.indices.filter { !matcher.used[$0] && !heldSources.contains($0) }
    // Where both sides keep their copies these are matched like the rest; else a copy takes what the
    // tensor takes whose storage it shares.
    let copies = ds.count { isTied(matcher.destination[$0], destination) }
    if copies != ss.count(where: { isTied(matcher.source[$0], source) }) {
      ds.removeAll { isTied(matcher.destination[$0], destination) }
    }
    guard !ds.isEmpty, !ss.isEmpty else { return }
    matcher.learnDirectories()
    matcher.namesLineUp =
      matcher.links.count(where: { $0.link.evidence == .name }) * 2 >= matcher.destination.count
    var pairing = ListPairing(matcher)
    pairing.pair(ds, ss)
    findings.depthPairs = pairing.depthPairs
    struct Key: Hashable {
      var destination: [Int]
      var source: [Int]
      var isWide: Bool
    }
    var groups: [Key: [Cell]] = [:]
    for cell in pairing.cells {
      let key = Key(
        destination: cell.destinationKey, source: cell.sourceKey, isWide: cell.isWide)
      groups[key, default: []].append(cell)
    }
    // Deepest templates first: they hold most leaves and least ambiguity.
    let order = groups.keys.sorted {
      if $0.destination.count != $1.destination.count {
        return $0.destination.count > $1.destination.count
      }
      if $0.isWide != $1.isWide { return !$0.isWide }
      if $0.destination != $1.destination {
        return $0.destination.lexicographicallyPrecedes($1.destination)
      }
      return $0.source.lexicographicallyPrecedes($1.source)
    }
    for key in order {
      // What whole blocks leave over needs evidence of its own.
      let isLast = key.isWide && key.destination.isEmpty
      matchTemplate(groups[key] ?? [], &matcher, strict: isLast)
    }
    findings.matcher = matcher
  }

  private func matchTemplate(
    _ cells: [Cell], _ matcher: inout Matcher, strict: Bool
  ) {
    let named = UnitMatching(cells, &matcher, strict: strict)
    let fused = FusedMatching(scorer: named.scorer)
    let linked = matcher.links.count
    fused.matchNamed(named.destinationUnits, named.sourceUnits, &matcher)
    // What is free is the same where nothing was fused.
    var single =
      matcher.links.count == linked
      ? named : UnitMatching(cells, &matcher, strict: strict)
    single.run(&matcher)
    fused.matchLeft(single.destinationUnits, single.sourceUnits, &matcher)
  }

  private func isTied(_ slot: Slot, _ inventory: Inventory) -> Bool {
    slot.parts.first.map { inventory.tensors[$0].tiedTo != nil } ?? false
  }
}
