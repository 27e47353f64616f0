/// Pairs that are the same tensor in another size: what kind of size it is decides what is done.
struct Sizes {
  let names: NameTable

  func apply(_ findings: inout Findings) {
    var matcher = findings.matcher
    pairLeftovers(&matcher)
    var pairs: [(d: Int, s: Int, axis: Int)] = []
    var wide: [(d: Int, s: Int)] = []
    for (d, s) in matcher.misfits.sorted(by: { $0.key < $1.key }) where matcher.links[d] == nil {
      let a = matcher.destination[d].shape
      let b = turned(matcher, d, s)
      if a.count == b.count, let axis = onlyDifference(a, b) {
        pairs.append((d, s, axis))
      } else {
        wide.append((d, s))
      }
    }
    let vocabulary = vocabularySizes(pairs, matcher)
    let outputs = wide.isEmpty ? Outputs(pairs, matcher, turned) : nil
    for pair in pairs {
      let a = matcher.destination[pair.d].shape
      let b = turned(matcher, pair.d, pair.s)
      let sizes = [b[pair.axis], a[pair.axis]]
      let kind: Resized.Kind
      if isPosition(matcher, pair.d, pair.axis) {
        kind = .position
      } else if pair.axis == 0, vocabulary.contains(sizes) {
        kind = .vocabulary
      } else if pair.axis == 0, let outputs, isHead(matcher, pair.d, sizes, outputs) {
        kind = .head
      } else {
        kind = .width
      }
      findings.resized.append(
        Resized(destination: pair.d, source: pair.s, kind: kind, from: sizes[0], to: sizes[1]))
      let turn: [Step] = b == matcher.source[pair.s].shape ? [] : [.transpose]
      switch kind {
      case .position:
        matcher.links[pair.d] = SlotLink(
          sources: [pair.s], join: .resized([.resize]), evidence: .name)
        matcher.used[pair.s] = true
      case .vocabulary:
        let step: Step =
          sizes[1] > sizes[0]
          ? .pad(axis: 0, size: sizes[1]) : .slice(axis: 0, start: 0, stop: sizes[1])
        matcher.links[pair.d] = SlotLink(
          sources: [pair.s], join: .resized(turn + [step]), evidence: .name)
        matcher.used[pair.s] = true
      case .head, .width: break
      }
    }
    for (d, s) in wide {
      findings.resized.append(
        Resized(
          destination: d, source: s, kind: .width, from: matcher.source[s].elements,
          to: matcher.destination[d].elements))
    }
    findings.matcher = matcher
  }

  /// The source's shape, turned where the two sides keep matrices the other way round.
  private func turned(_ matcher: Matcher, _ d: Int, _ s: Int) -> [Int] {
    let a = matcher.destination[d].shape
    let b = matcher.source[s].shape
    guard a.count == 2, b.count == 2, a[1] != b[1], a[1] == b[0] else { return b }
    return b.reversed()
  }

  private func onlyDifference(_ a: [Int], _ b: [Int]) -> Int? {
    let axes = a.indices.filter { a[$0] != b[$0] }
    return axes.count == 1 ? axes[0] : nil
  }

  // MARK: Kinds

  private func isPosition(_ matcher: Matcher, _ d: Int, _ axis: Int) -> Bool {
    let slot = matcher.destination[d]
    guard isFloat(slot.dtype), slot.shape.count >= 2 else { return false }
    let all = matcher.scorer.concepts(of: slot.path.suffix(3))
    if all.contains("position") { return true }
    if all.contains("relative"), axis == 0 { return true }
    // A bare (1, length, width) parameter is added to a sequence.
    let isBare = slot.path.last.map { names.role($0) == .other } ?? false
    return isBare && slot.shape.count == 3 && slot.shape[0] == 1 && axis == 1
  }

  private func isTokenTable(_ matcher: Matcher, _ d: Int) -> Bool {
    let slot = matcher.destination[d]
    guard slot.shape.count == 2 else { return false }
    let all = matcher.scorer.concepts(of: slot.path.suffix(3))
    let isOther = ["position", "type", "class", "patch", "head"].contains { all.contains($0) }
    if all.contains("embed") || all.contains("token") || all.contains("lookup") { return !isOther }
    return false
  }

  /// Every pair of sizes by which a token table differs; biases and output layers follow it.
  private func vocabularySizes(_ pairs: [(d: Int, s: Int, axis: Int)], _ matcher: Matcher)
    -> Set<[Int]>
  {
    var sizes: Set<[Int]> = []
    for pair in pairs where pair.axis == 0 && isTokenTable(matcher, pair.d) {
      sizes.insert([turned(matcher, pair.d, pair.s)[0], matcher.destination[pair.d].shape[0]])
    }
    return sizes
  }

  /// What differs in its number of outputs, counted once for all pairs.
  private struct Outputs {
    /// Sizes that are inputs of a tensor with another number of inputs in the source.
    var consumed: Set<Int> = []
    /// By the sizes in source and destination: the modules of the tensors that differ so, and those
    /// of them that have a matrix.
    var modules: [[Int]: Set<[Int]>] = [:]
    var withMatrix: [[Int]: Set<[Int]>] = [:]

    init(
      _ pairs: [(d: Int, s: Int, axis: Int)], _ matcher: Matcher,
      _ turned: (Matcher, Int, Int) -> [Int]
    ) {
      for (d, s) in matcher.misfits {
        let a = matcher.destination[d].shape
        let b = matcher.source[s].shape
        if a.count == b.count, a.count >= 2, b[1] != a[1] { consumed.insert(a[1]) }
      }
      for pair in pairs where pair.axis == 0 {
        let shape = matcher.destination[pair.d].shape
        let sizes = [turned(matcher, pair.d, pair.s)[0], shape[0]]
        let module = Array(matcher.destination[pair.d].path.dropLast())
        modules[sizes, default: []].insert(module)
        if shape.count >= 2 { withMatrix[sizes, default: []].insert(module) }
      }
    }
  }

  /// Few tensors differ, all of them by the same number of outputs, and nothing consumes them.
  private func isHead(_ matcher: Matcher, _ d: Int, _ sizes: [Int], _ outputs: Outputs) -> Bool {
    let shape = matcher.destination[d].shape
    guard shape.count <= 2 || shape.dropFirst(2).allSatisfy({ $0 <= 7 }) else { return false }
    // A head has a matrix; a norm or a bias alone that changed is part of a change of width.
    let module = Array(matcher.destination[d].path.dropLast())
    let matrices = outputs.withMatrix[sizes, default: []]
    // A bare vector of the model's own goes with the head whose sizes it has.
    let isBare = names.role(matcher.destination[d].path.last ?? 0) == .other
    guard isBare ? !matrices.isEmpty : matrices.contains(module) else { return false }
    // Somewhere else the size would have to be an input too.
    return !outputs.consumed.contains(shape[0])
      && outputs.modules[sizes, default: []].count <= max(3, matcher.destination.count / 20)
  }

  // MARK: Renamed and resized

  /// Leftover modules of both sides that are alike but for one axis.
  private func pairLeftovers(_ matcher: inout Matcher) {
    let held = Set(matcher.misfits.values)
    let ds = matcher.destination.indices.filter {
      matcher.links[$0] == nil && matcher.misfits[$0] == nil
        && !matcher.destination[$0].shape.isEmpty
    }
    let ss = matcher.source.indices.filter {
      !matcher.used[$0] && !held.contains($0) && !matcher.source[$0].shape.isEmpty
    }
    guard !ds.isEmpty, !ss.isEmpty, ds.count <= 400, ss.count <= 400 else { return }
    let scorer = NameScorer(names)
    var best: [(score: Double, d: Int, s: Int)] = []
    for d in ds where matcher.destination[d].shape.count >= 2 {
      let one = scorer.profile(Array(matcher.destination[d].path.suffix(3)))
      for s in ss {
        let a = matcher.destination[d].shape
        let b = turned(matcher, d, s)
        guard a.count == b.count, let axis = onlyDifference(a, b),
          lookUpAlike(matcher.destination[d], matcher.source[s], scorer)
        else { continue }
        let two = scorer.profile(Array(matcher.source[s].path.suffix(3)))
        var score = scorer.score(one, two)
        score += matcher.directories.closeness(matcher.destination[d].path, matcher.source[s].path)
        // Only outputs, tables and lengths change size by themselves.
        guard axis == 0 || a.count == 3, score > 0.5 else { continue }
        // As many outputs as inputs make an inner layer, not a head.
        if a.count == 2, a[0] == a[1] { continue }
        // Under another name, a table of quite another size is another table; a head is as deep as
        // the head it stands for.
        if isTokenTable(matcher, d), !isNear(a[0], b[0]) { continue }
        guard
          matrices(ds, matcher.destination, around: d) == matrices(ss, matcher.source, around: s)
        else { continue }
        best.append((score, d, s))
      }
    }
    var taken: Set<Int> = []
    for (_, d, s) in best.sorted(by: { ($0.score, -$0.d) > ($1.score, -$1.d) }) {
      guard matcher.misfits[d] == nil, !taken.contains(s) else { continue }
      matcher.misfits[d] = s
      taken.insert(s)
      pairBias(d, s, &matcher, &taken)
      if isTokenTable(matcher, d) { pairOutput((d, s), among: (ds, ss), &matcher, &taken) }
    }
  }

  /// A table of positions is none of words.
  private func lookUpAlike(_ one: Slot, _ two: Slot, _ scorer: NameScorer) -> Bool {
    guard let one = scorer.rows(one.path), let two = scorer.rows(two.path) else { return true }
    return one == two
  }

  /// The layer that makes words again has the table's size on both sides, whatever it is called.
  private func pairOutput(
    _ table: (d: Int, s: Int), among left: (ds: [Int], ss: [Int]), _ matcher: inout Matcher,
    _ taken: inout Set<Int>
  ) {
    let one = matcher.destination[table.d].shape
    let two = matcher.source[table.s].shape
    let ds = left.ds.filter { matcher.misfits[$0] == nil && matcher.destination[$0].shape == one }
    let ss = left.ss.filter { !taken.contains($0) && matcher.source[$0].shape == two }
    guard ds.count == 1, ss.count == 1 else { return }
    matcher.misfits[ds[0]] = ss[0]
    taken.insert(ss[0])
    pairBias(ds[0], ss[0], &matcher, &taken)
  }

  private func isNear(_ a: Int, _ b: Int) -> Bool { 4 * abs(a - b) <= max(a, b) }

  /// Leftover matrices of the module a slot belongs to, its own number left aside.
  private func matrices(_ left: [Int], _ slots: [Slot], around index: Int) -> Int {
    var module = Array(slots[index].path.dropLast())
    if let last = module.last, names.number(last) != nil { module.removeLast() }
    guard !module.isEmpty else { return 1 }
    return left.count { slots[$0].shape.count >= 2 && slots[$0].path.starts(with: module) }
  }

  /// The bias beside a resized weight goes with it.
  private func pairBias(_ d: Int, _ s: Int, _ matcher: inout Matcher, _ taken: inout Set<Int>) {
    func bias(_ slots: [Slot], beside index: Int, isFree: (Int) -> Bool) -> Int? {
      slots.indices.first { at in
        at != index && slots[at].shape.count == 1 && isFree(at)
          && slots[at].path.dropLast() == slots[index].path.dropLast()
          && names.role(slots[at].path.last ?? 0) == .bias
      }
    }
    let links = matcher.links
    let used = matcher.used
    guard let one = bias(matcher.destination, beside: d, isFree: { links[$0] == nil }),
      let two = bias(matcher.source, beside: s, isFree: { !used[$0] }),
      matcher.destination[one].shape != matcher.source[two].shape
    else { return }
    matcher.misfits[one] = two
    taken.insert(two)
  }
}
