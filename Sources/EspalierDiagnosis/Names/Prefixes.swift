/// Cuts containers, wrappers and prefixes off source paths, and finds the prefix the destination has
/// more, by trying what makes names line up. Nothing is cut where it does not stand.
struct PrefixSolver {
  let names: NameTable
  let source: Inventory
  /// Prefixes of the destination that source names lack.
  private(set) var missing: [[Int]] = []

  /// Full destination paths, and those without a prefix that many of them share.
  private var wanted = PathSet()
  private var destinationComponents = NumberSet()
  private var wrappers = NumberSet()

  init(names: NameTable, source: Inventory) {
    self.names = names
    self.source = source
    for wrapper in Vocabulary.wrappers { wrappers.insert(names.intern(wrapper)) }
  }

  mutating func solve(_ slots: inout [Slot], destination: [[Int]], sourceHasOtherEntries: Bool) {
    prepare(destination)
    var asked = AskedSlots(slots, wanted)
    cutContainer(&asked, destination: destination, hasOthers: sourceHasOtherEntries)
    cutForeign(&asked, destination: destination)
    cutLeading(&asked)
    cutKnownWrappers(&asked)
    slots = asked.all
    findMissing(slots, destination: destination)
  }

  private mutating func prepare(_ destination: [[Int]]) {
    var prefixes = PrefixTable()
    var counts = NumberedValues<(path: Int, depth: Int, count: Int)>()
    wanted = PathSet(destination)
    for (at, path) in destination.enumerated() {
      for id in path { destinationComponents.insert(id) }
      guard path.count > 1 else { continue }
      let numbers = prefixes.prefixes(of: path, length: min(3, path.count - 1))
      for depth in 1..<numbers.count {
        counts[numbers[depth], default: (at, depth, 0)].count += 1
      }
    }
    for (_, found) in counts.all where found.count * 5 >= destination.count && found.count > 1 {
      let prefix = destination[found.path].prefix(found.depth)
      guard prefix.allSatisfy({ names.number($0) == nil }) else { continue }
      // A rest that starts with a list position would make `blocks` look like a prefix.
      for path in destination
      where path.count > prefix.count && path.starts(with: prefix)
        && names.number(path[prefix.count]) == nil
      {
        wanted.insert(path.dropFirst(prefix.count))
      }
    }
  }

  // MARK: Containers

  private func cutContainer(_ slots: inout AskedSlots, destination: [[Int]], hasOthers: Bool) {
    let format = source.fileKind
    if Vocabulary.flatFormats.contains(where: { contains(format, $0) }) { return }
    for _ in 0..<2 {
      var counts: [Int: Int] = [:]
      for slot in slots.all where slot.path.count > 1 { counts[slot.path[0], default: 0] += 1 }
      guard !counts.isEmpty else { return }
      let collections = counts.keys.filter { Vocabulary.collections.contains(names.text($0)) }
      let cut: Set<Int>
      if collections.count > 1 || (collections.count == 1 && counts.count == 1) {
        cut = Set(collections)
      } else if let (id, count) = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) }),
        Vocabulary.containers.contains(names.text(id)),
        count * 10 >= slots.all.count * 9 || hasOthers
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
      let before = slots.wantedCount
      let after = slots.all.count { slot in
        slot.path.first.map { cut.contains($0) } == true
          && wanted.contains(slot.path.dropFirst())
      }
      guard after >= before else { return }
      // Names that are equal as they stand are in no container.
      let whole = PathSet(destination)
      if 2 * slots.all.count(where: { whole.contains($0.path) }) > slots.all.count { return }
      let inDestination = destination.contains { $0.first.map { cut.contains($0) } == true }
      if inDestination && after == before && !hasOthers { return }
      for at in slots.all.indices {
        let path = slots.all[at].path
        guard let head = path.first, cut.contains(head), path.count > 1 else { continue }
        slots.change(at) {
          $0.cut.container.append(head)
          $0.path.removeFirst()
        }
      }
      // A second container level is rare and only believed where it is spelt like one.
      guard let next = slots.all.first?.path.first,
        ["state_dict", "params", "model_state_dict"].contains(names.text(next))
      else { return }
    }
  }

  // MARK: Foreign components

  /// Components no destination path has, where leaving them out makes names line up.
  private func cutForeign(_ slots: inout AskedSlots, destination: [[Int]]) {
    let rest = slots.rest.filter { slots.all[$0].path.dropLast().contains(where: isForeign) }
    guard !rest.isEmpty else { return }
    let patterns = PathSet(destination.map(pattern))
    var tried = [Int](repeating: 0, count: names.texts.count)
    var helped = tried
    for at in rest {
      let path = slots.all[at].path
      var foreign: [Int] = []
      for id in path.dropLast() where isForeign(id) && !foreign.contains(id) { foreign.append(id) }
      let fits = lineUp(path.filter { !foreign.contains($0) }, patterns)
      for id in foreign {
        tried[id] += 1
        if fits { helped[id] += 1 }
      }
    }
    var accepted = NumberSet()
    for id in helped.indices where helped[id] >= 2 && helped[id] * 2 >= tried[id] {
      accepted.insert(id)
    }
    guard !accepted.isEmpty else { return }
    for at in slots.rest { remove(at, &slots) { accepted.contains($0) } }
  }

  private func isForeign(_ id: Int) -> Bool {
    (!destinationComponents.contains(id) || wrappers.contains(id)) && names.number(id) == nil
  }

  /// Lines up as it stands, or after cutting one or two leading components more.
  private func lineUp(_ path: [Int], _ patterns: PathSet) -> Bool {
    guard !path.isEmpty else { return false }
    if wanted.contains(path) {
      return path.count > 1 || path.count == 1 && !isPlainLeaf(path[0])
    }
    // Numbers may have moved as well.
    if path.count > 1, patterns.contains(pattern(path)) { return true }
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
  private func remove(_ at: Int, _ slots: inout AskedSlots, where test: (Int) -> Bool) {
    let path = slots.all[at].path
    guard path.dropLast().contains(where: test) else { return }
    slots.change(at) { slot in
      var cut = slot.cut
      var rest: [Int] = []
      for (place, id) in path.enumerated() {
        if place + 1 < path.count, test(id) {
          if rest.isEmpty { cut.prefix.append(id) } else { cut.infix.append(id) }
        } else {
          rest.append(id)
        }
      }
      slot.cut = cut
      slot.path = rest
    }
  }

  // MARK: Leading components

  /// Prefixes made of components that the destination has too, in other places.
  private func cutLeading(_ slots: inout AskedSlots) {
    for _ in 0..<3 {
      let rest = slots.rest
      let found = commonPrefix(rest.map { slots.all[$0].path }, in: wanted) { _ in true }
      guard let prefix = found else { return }
      for at in rest
      where slots.all[at].path.starts(with: prefix) && slots.all[at].path.count > prefix.count {
        slots.change(at) {
          $0.cut.prefix.append(contentsOf: prefix)
          $0.path.removeFirst(prefix.count)
        }
      }
    }
  }

  /// Wrappers are cut even where names differ otherwise, if the destination has none of them.
  private func cutKnownWrappers(_ slots: inout AskedSlots) {
    for at in slots.rest {
      remove(at, &slots) { wrappers.contains($0) && !destinationComponents.contains($0) }
    }
  }

  // MARK: Missing prefixes

  /// Destination prefixes below which the source's names stand as they are.
  private mutating func findMissing(_ slots: [Slot], destination: [[Int]]) {
    let have = PathSet(slots.map(\.path))
    let absent = destination.filter { !have.contains($0) }
    for _ in 0..<3 {
      let rest =
        missing.isEmpty ? absent : absent.filter { !have.contains(strip($0)) }
      let found = commonPrefix(rest, in: have) { rest in
        names.number(rest[rest.startIndex]) == nil
      }
      guard let prefix = found, missing.isEmpty || isNew(prefix, rest, absent, have) else { break }
      missing.append(prefix)
    }
    if missing.isEmpty, let wrapper = commonWrapper(absent),
      !slots.contains(where: { $0.path.first == wrapper })
    {
      missing = [[wrapper]]
    }
  }

  /// Does the prefix line names up that no prefix before has? A second copy of a whole model does not,
  /// and counts; a norm of a head that is called as one of the model's is none.
  private func isNew(_ prefix: [Int], _ rest: [[Int]], _ absent: [[Int]], _ have: PathSet) -> Bool {
    var claimed = PathSet()
    var count = 0
    for path in absent where have.contains(strip(path)) {
      claimed.insert(strip(path)[...])
      count += 1
    }
    let own = rest.filter { $0.count > prefix.count && $0.starts(with: prefix) }
      .map { $0.dropFirst(prefix.count) }.filter { have.contains($0) }
    return own.contains { !claimed.contains($0) } || own.count * 2 >= count
  }

  /// The wrapper that all these paths begin with: it is known for one where names differ otherwise, too.
  private func commonWrapper(_ paths: [[Int]]) -> Int? {
    guard let first = paths.first?.first, wrappers.contains(first) else { return nil }
    return paths.allSatisfy { $0.count > 1 && $0[0] == first } ? first : nil
  }

  /// Destination paths without what the source's names lack in front, where the source does not have
  /// them as they stand.
  func withoutMissing(_ destination: [[Int]], source: [Slot]) -> [[Int]] {
    guard !missing.isEmpty else { return destination }
    let have = PathSet(source.map(\.path))
    return destination.map { have.contains($0) ? $0 : strip($0) }
  }

  /// A destination path without the first prefix of `missing` that it has.
  private func strip(_ path: [Int]) -> [Int] {
    for prefix in missing where path.starts(with: prefix) && path.count > prefix.count {
      return Array(path.dropFirst(prefix.count))
    }
    return path
  }

  /// The prefix of up to four words without which most paths that have it, two at least, are in
  /// `set`.
  private func commonPrefix(
    _ paths: [[Int]], in set: PathSet, where isPossible: (ArraySlice<Int>) -> Bool
  ) -> [Int]? {
    var prefixes = PrefixTable()
    var votes = NumberedValues<(path: Int, depth: Int, count: Int)>()
    for (at, path) in paths.enumerated() {
      for depth in 1...4 where path.count > depth {
        let rest = path.dropFirst(depth)
        guard set.contains(rest), rest.count > 1 || !isPlainLeaf(rest[depth]), isPossible(rest)
        else { continue }
        let number = prefixes.prefixes(of: path, length: depth)[depth]
        votes[number, default: (at, depth, 0)].count += 1
        // Without a shorter prefix it lines up whole: that a longer one would do is chance.
        break
      }
    }
    guard prefixes.count > 1 else { return nil }
    var totals = [Int](repeating: 0, count: prefixes.count)
    for path in paths where path.count > 1 {
      for number in prefixes.known(of: path, length: min(4, path.count - 1)).dropFirst() {
        totals[number] += 1
      }
    }
    var best: (prefix: [Int], count: Int)?
    for (number, vote) in votes.all where vote.count >= 2 && vote.count * 2 >= totals[number] {
      let prefix = Array(paths[vote.path].prefix(vote.depth))
      guard prefix.allSatisfy({ names.number($0) == nil }), !missing.contains(prefix) else {
        continue
      }
      // Of equally many the shorter, and then the one that is met first.
      if let best, (best.count, -best.prefix.count) >= (vote.count, -prefix.count) { continue }
      best = (prefix, vote.count)
    }
    return best?.prefix
  }
}
