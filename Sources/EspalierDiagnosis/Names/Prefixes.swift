/// Cuts containers, wrappers and prefixes off source paths, and finds the prefix the destination has
/// more, by trying what makes names line up. Nothing is cut where it does not stand.
struct PrefixSolver {
  let names: NameTable
  let source: Inventory
  /// Prefixes of the destination that source names lack.
  private(set) var missing: [[Int]] = []

  private var wanted: Set<ArraySlice<Int>> = []
  /// Full destination paths with their numbers blanked out.
  private var wantedPatterns: Set<[Int]> = []
  private var destinationComponents: Set<Int> = []
  private var wrapperIDs: Set<Int>

  init(names: NameTable, source: Inventory) {
    self.names = names
    self.source = source
    wrapperIDs = Set(Vocabulary.wrappers.map { names.intern($0) })
  }

  mutating func solve(_ slots: inout [Slot], destination: [[Int]], sourceHasOtherEntries: Bool) {
    prepare(destination)
    cutContainer(&slots, destination: destination, hasOthers: sourceHasOtherEntries)
    cutForeign(&slots)
    cutLeading(&slots)
    cutKnownWrappers(&slots)
    findMissing(slots, destination: destination)
  }

  /// Full destination paths, and those without a prefix that many of them share.
  private mutating func prepare(_ destination: [[Int]]) {
    // Parts of paths are keys as they stand, without a copy.
    var counts: [ArraySlice<Int>: Int] = [:]
    for path in destination {
      wanted.insert(path[...])
      wantedPatterns.insert(pattern(path))
      for id in path { destinationComponents.insert(id) }
      for depth in 1..<max(2, min(4, path.count)) where path.count > depth {
        counts[path.prefix(depth), default: 0] += 1
      }
    }
    for (prefix, count) in counts where count * 5 >= destination.count && count > 1 {
      guard prefix.allSatisfy({ names.number($0) == nil }) else { continue }
      // A rest that starts with a list position would make `blocks` look like a prefix.
      for path in destination
      where path.starts(with: prefix) && names.number(path[prefix.count]) == nil {
        wanted.insert(path.dropFirst(prefix.count))
      }
    }
  }

  // MARK: Containers

  private func cutContainer(_ slots: inout [Slot], destination: [[Int]], hasOthers: Bool) {
    let format = source.fileKind
    if Vocabulary.flatFormats.contains(where: { contains(format, $0) }) { return }
    for _ in 0..<2 {
      let first = slots.filter { $0.path.count > 1 }.map { $0.path[0] }
      guard !first.isEmpty else { return }
      var counts: [Int: Int] = [:]
      for id in first { counts[id, default: 0] += 1 }
      let collections = counts.keys.filter { Vocabulary.collections.contains(names.text($0)) }
      let cut: Set<Int>
      if collections.count > 1 || (collections.count == 1 && counts.count == 1) {
        cut = Set(collections)
      } else if let (id, count) = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }),
        Vocabulary.containers.contains(names.text(id)),
        count * 10 >= slots.count * 9 || hasOthers
      {
        cut = [id]
      } else {
        return
      }
      // The wrapper `module` is a container only beside other entries of a training checkpoint.
      if cut.count == 1, let id = cut.first, ["module", "layers"].contains(names.text(id)),
        !hasOthers
      {
        return
      }
      let before = slots.count { wanted.contains($0.path[...]) }
      let after = slots.count { slot in
        slot.path.first.map { cut.contains($0) } == true
          && wanted.contains(slot.path.dropFirst())
      }
      guard after >= before else { return }
      // Names that are equal as they stand are in no container.
      let whole = Set(destination)
      if 2 * slots.count(where: { whole.contains($0.path) }) > slots.count { return }
      let inDestination = destination.contains { $0.first.map { cut.contains($0) } == true }
      if inDestination && after == before && !hasOthers { return }
      for at in slots.indices {
        guard let head = slots[at].path.first, cut.contains(head), slots[at].path.count > 1 else {
          continue
        }
        slots[at].cut.container.append(head)
        slots[at].path.removeFirst()
      }
      // A second container level is rare and only believed where it is spelt like one.
      guard let next = slots.first?.path.first,
        ["state_dict", "params", "model_state_dict"].contains(names.text(next))
      else { return }
    }
  }

  // MARK: Foreign components

  /// Components no destination path has, where leaving them out makes names line up.
  private func cutForeign(_ slots: inout [Slot]) {
    var tried: [Int: Int] = [:]
    var helped: [Int: Int] = [:]
    for slot in slots where !wanted.contains(slot.path[...]) {
      let foreign = Set(slot.path.dropLast().filter(isForeign))
      guard !foreign.isEmpty else { continue }
      let rest = slot.path.filter { !foreign.contains($0) }
      let fits = lineUp(rest)
      for id in foreign {
        tried[id, default: 0] += 1
        if fits { helped[id, default: 0] += 1 }
      }
    }
    let accepted = Set(
      helped.filter { id, count in
        count >= 2 && count * 2 >= (tried[id] ?? 0)
      }.keys)
    guard !accepted.isEmpty else { return }
    for at in slots.indices where !wanted.contains(slots[at].path[...]) {
      remove(&slots[at]) { accepted.contains($0) }
    }
  }

  private func isForeign(_ id: Int) -> Bool {
    (!destinationComponents.contains(id) || wrapperIDs.contains(id)) && names.number(id) == nil
  }

  /// Lines up as it stands, or after cutting one or two leading components more.
  private func lineUp(_ path: [Int]) -> Bool {
    guard !path.isEmpty else { return false }
    if wanted.contains(path[...]) {
      return path.count > 1 || path.count == 1 && !isPlainLeaf(path[0])
    }
    // Numbers may have moved as well.
    if path.count > 1, wantedPatterns.contains(pattern(path)) { return true }
    for depth in 1...2 where path.count > depth + 1 {
      if wanted.contains(path.dropFirst(depth)) { return true }
    }
    return false
  }

  private func pattern(_ path: [Int]) -> [Int] {
    path.map { names.number($0) == nil ? $0 : Token.anyNumber }
  }

  private func isPlainLeaf(_ id: Int) -> Bool { names.role(id) != .other }

  /// Removes components; leading ones are a prefix, later ones an infix.
  private func remove(_ slot: inout Slot, where test: (Int) -> Bool) {
    var rest: [Int] = []
    for (place, id) in slot.path.enumerated() {
      if place + 1 < slot.path.count, test(id) {
        if rest.isEmpty { slot.cut.prefix.append(id) } else { slot.cut.infix.append(id) }
      } else {
        rest.append(id)
      }
    }
    slot.path = rest
  }

  // MARK: Leading components

  /// Prefixes made of components that the destination has too, in other places.
  private func cutLeading(_ slots: inout [Slot]) {
    for _ in 0..<3 {
      var votes: [ArraySlice<Int>: Int] = [:]
      var total: [ArraySlice<Int>: Int] = [:]
      for slot in slots where !wanted.contains(slot.path[...]) {
        for depth in 1...4 where slot.path.count > depth {
          let prefix = slot.path.prefix(depth)
          total[prefix, default: 0] += 1
          let rest = slot.path.dropFirst(depth)
          if wanted.contains(rest), rest.count > 1 || !isPlainLeaf(rest[depth]) {
            votes[prefix, default: 0] += 1
          }
        }
      }
      let best = votes.filter { prefix, count in
        count * 2 >= (total[prefix] ?? 0) && prefix.allSatisfy { names.number($0) == nil }
          && count >= 2
      }.max {
        ($0.value, -$0.key.count, $0.key.lexicographicallyPrecedes($1.key) ? 1 : 0) < (
          $1.value, -$1.key.count, 0
        )
      }
      guard let (prefix, _) = best else { return }
      for at in slots.indices
      where slots[at].path.starts(with: prefix) && slots[at].path.count > prefix.count
        && !wanted.contains(slots[at].path[...])
      {
        slots[at].cut.prefix.append(contentsOf: prefix)
        slots[at].path.removeFirst(prefix.count)
      }
    }
  }

  /// Wrappers are cut even where names differ otherwise, if the destination has none of them.
  private func cutKnownWrappers(_ slots: inout [Slot]) {
    for at in slots.indices where !wanted.contains(slots[at].path[...]) {
      remove(&slots[at]) { wrapperIDs.contains($0) && !destinationComponents.contains($0) }
    }
  }

  // MARK: Missing prefixes

  /// Destination prefixes below which the source's names stand as they are.
  private mutating func findMissing(_ slots: [Slot], destination: [[Int]]) {
    let have = Set(slots.map { $0.path[...] })
    for _ in 0..<3 {
      var votes: [ArraySlice<Int>: Int] = [:]
      var total: [ArraySlice<Int>: Int] = [:]
      for path in destination where !have.contains(path[...]) && !have.contains(strip(path)[...]) {
        for depth in 1...4 where path.count > depth {
          let prefix = path.prefix(depth)
          total[prefix, default: 0] += 1
          let rest = path.dropFirst(depth)
          if have.contains(rest), rest.count > 1 || !isPlainLeaf(rest[depth]),
            names.number(rest[depth]) == nil || path.count == rest.count
          {
            votes[prefix, default: 0] += 1
          }
        }
      }
      let best = votes.filter { prefix, count in
        count * 2 >= (total[prefix] ?? 0) && prefix.allSatisfy { names.number($0) == nil }
          && count >= 2
          && !missing.contains { $0 == Array(prefix) }
      }.max { ($0.value, -$0.key.count) < ($1.value, -$1.key.count) }
      guard let (prefix, _) = best else { return }
      missing.append(Array(prefix))
    }
  }

  /// A destination path without the first prefix of `missing` that it has.
  func strip(_ path: [Int]) -> [Int] {
    for prefix in missing where path.starts(with: prefix) && path.count > prefix.count {
      return Array(path.dropFirst(prefix.count))
    }
    return path
  }
}
