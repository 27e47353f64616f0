import EspalierTree

extension Planner {
  /// Decides the later paths of every storage that the destination has under several.
  mutating func decideTies(_ work: inout ReadWork) throws {
    let groups = destination.tiedGroups
    if groups.isEmpty && source.tiedGroups.isEmpty { return }
    var rows = ContiguousArray<Int32>(repeating: -1, count: destination.leafCount)
    for row in 0..<alignment.count {
      if let leaf = alignment.destinationLeaf(row) {
        rows[leaf.index] = Int32(truncatingIfNeeded: row)
      }
    }
    for group in groups {
      try decide(
        group.leaves.map { leaf in
          let row = Int(rows[leaf.index])
          return TieMember(
            view: TieView(destination, leaf), row: row < 0 ? nil : row,
            verdict: row < 0 ? .missing : verdicts[row])
        }, &work)
    }
    noteSourceTies()
  }

  /// One storage: what is loaded first stands, and every later path is held against it.
  private mutating func decide(_ members: [TieMember], _ work: inout ReadWork) throws {
    var loaded: [TieMember] = []
    var rest: [TieMember] = []
    for member in members {
      guard member.isLoadable, let row = member.row else {
        rest.append(member)
        continue
      }
      let near = loaded.filter { $0.view.sharesElements(with: member.view) }
      switch try agreement(of: member, with: near, &work) {
      case .agrees where !near.contains(where: { member.view.lies(in: $0.view) }):
        loaded.append(member)
        continue
      case .agrees: verdicts[row] = .tied
      case .unknown: verdicts[row] = .undecided
      case .differs(let conflict, let verdict):
        verdicts[row] = verdict
        ties.conflicts[Int32(truncatingIfNeeded: row)] = conflict
      }
      rest.append(member)
    }
    for member in rest { follow(loaded, member) }
    noteRepeats(members)
  }

  /// A member that is not loaded itself follows those whose memory it shares.
  private mutating func follow(_ loaded: [TieMember], _ member: TieMember) {
    let near = loaded.filter { $0.view.sharesElements(with: member.view) }
    guard !near.isEmpty else { return }
    let isWhole = member.view.isCovered(by: near.map(\.view))
    ties.followers[member.view.leaf] = TiePlan.Follower(
      leaders: near.map(\.view.leaf), isWhole: isWhole)
    guard let row = member.row else { return }
    switch verdicts[row] {
    case .missing, .nothingInSource, .kept: if isWhole { verdicts[row] = .tied }
    default: break
    }
    if verdicts[row] == .tied {
      notes.append(LoadNote(.tied, row: row, other: near[0].view.leaf))
    }
  }

  /// Later members whose memory an earlier one has add no parameters.
  private mutating func noteRepeats(_ members: [TieMember]) {
    var distinct: [TieView] = []
    for member in members {
      let isRepeat = distinct.contains {
        member.view.hasSameLayout(as: $0)
          || ($0.bytes.lowerBound <= member.view.bytes.lowerBound
            && member.view.bytes.upperBound <= $0.bytes.upperBound)
      }
      if isRepeat {
        ties.repeats.insert(member.view.leaf)
      } else {
        distinct.append(member.view)
      }
    }
  }

  /// Notes arrays that are one in the source and several in the destination.
  private mutating func noteSourceTies() {
    guard !source.tiedGroups.isEmpty else { return }
    var takers: [Int: [(row: Int, leaf: LeafID)]] = [:]
    for row in 0..<alignment.count {
      guard verdicts[row] == .load || verdicts[row] == .convert,
        let taken = alignment.sourceLeaf(row), let leaf = alignment.destinationLeaf(row),
        let group = source.tie(of: taken)
      else { continue }
      takers[group, default: []].append((row, leaf))
    }
    for list in takers.values {
      guard let first = list.first else { continue }
      let home = destination.tie(of: first.leaf)
      for later in list.dropFirst()
      where home == nil || destination.tie(of: later.leaf) != home {
        notes.append(LoadNote(.sourceTied, row: later.row, other: first.leaf))
      }
    }
  }
}

/// One path of a storage.
struct TieMember {
  let view: TieView
  /// Nil for a leaf outside of the load.
  let row: Int?
  /// Before ties were looked at.
  let verdict: Verdict

  var isLoadable: Bool { verdict == .load || verdict == .convert || verdict == .zeroFill }
  var isZero: Bool { verdict == .zeroFill }
}
