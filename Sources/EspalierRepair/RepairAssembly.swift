import EspalierDiagnosis
import EspalierTree

/// Builds the tree of a repaired source: the destination's names first, then what is left.
struct RepairAssembly {
  private let plan: RepairPlan
  private var builder = TreeBuilder()
  private(set) var feeds: [RepairedSource.Feed] = []
  private(set) var leftOut: [LeafID] = []
  private var rootPath: TreePath
  private var occupied: Set<[UInt8]> = []
  private var storages: [StorageKey: StorageID] = [:]

  /// What makes two arrays one: the same memory, moved in the same way.
  private struct StorageKey: Hashable {
    var memory: [Int]
    var steps: [Step]
  }

  init(_ plan: RepairPlan) {
    self.plan = plan
    rootPath = plan.destination.tree.path(of: plan.destination.root)
  }

  mutating func run() throws {
    builder.reserve(leaves: plan.leaves.destination.count)
    _ = try node(rootPath)
    for (entry, node) in zip(plan.trace.links, plan.nodes) { try add(entry, node) }
    for (d, rule) in plan.trace.skipped {
      try addSkipped(plan.leaves.destination[d], rule: rule)
    }
    try addUnused()
    try addValues()
  }

  consuming func finish() -> (tree: Tree, root: NodeID) {
    let path = rootPath
    let tree = builder.finish()
    return (tree, tree.node(at: path) ?? .root)
  }

  // MARK: Destination tensors

  private mutating func add(_ entry: RuleTrace.Entry, _ value: ValueNode) throws {
    let leaf = plan.leaves.destination[entry.link.destination]
    let sources = entry.link.sources.map { plan.leaves.source[$0] }
    let path = plan.destination.tree.path(of: leaf)
    occupied.insert(path.flatName.bytes)
    try builder.setArray(
      description(value, sources, entry.link.operation.steps.filter { !$0.keepsValues }),
      at: node(path))
    feeds.append(
      RepairedSource.Feed(
        node: value,
        origin: RepairedSource.Origin(
          sources: sources, operation: entry.link.operation, rule: entry.rule)))
  }

  /// Arrays as they are keep their memory order and their ties; others are row-major, and tied
  /// where the same is made of the same memory.
  private mutating func description(
    _ value: ValueNode, _ sources: [LeafID], _ steps: [Step]
  ) -> ArrayDescription {
    let tree = plan.source.tree
    if let leaf = value.plainLeaf, let own = tree.array(leaf), own.shape.dimensions == value.shape {
      var array = own
      array.storage = storage(StorageKey(memory: [memory(of: leaf)], steps: []))
      return array
    }
    let key = StorageKey(
      memory: sources.flatMap { memory(of: $0, in: tree) }, steps: steps)
    return ArrayDescription(value.dtype, Shape(value.shape), storage: storage(key))
  }

  /// A number for the memory of a leaf.
  private func memory(of leaf: LeafID) -> Int {
    let storage = plan.source.tree.array(leaf)?.storage
    return storage.map { Int($0.raw) } ?? -1 - leaf.index
  }

  /// The same with the part of the memory that the leaf is.
  private func memory(of leaf: LeafID, in tree: Tree) -> [Int] {
    let shape = tree.shape(of: leaf)
    let layout = tree.layout(of: leaf)
    return [memory(of: leaf), Int(tree.dtype(of: leaf).rawValue), layout.offset(), shape.rank]
      + shape.dimensions + layout.strides(for: shape)
  }

  private mutating func storage(_ key: StorageKey) -> StorageID {
    if let known = storages[key] { return known }
    let new = StorageID(Int32(truncatingIfNeeded: storages.count))
    storages[key] = new
    return new
  }

  private mutating func addSkipped(_ leaf: LeafID, rule: Int) throws {
    let path = plan.destination.tree.path(of: leaf)
    occupied.insert(path.flatName.bytes)
    try builder.setLeaf(.value(.nothing), at: node(path))
    feeds.append(RepairedSource.Feed())
  }

  private mutating func node(_ path: TreePath) throws -> TreeBuilder.Handle {
    var handle = TreeBuilder.Handle.root
    for segment in path.segments {
      handle = try builder.node(segment.name, under: handle, joint: segment.joint)
    }
    return handle
  }

  // MARK: What is left

  private mutating func addUnused() throws {
    var used = [Bool](repeating: false, count: plan.leaves.source.count)
    for entry in plan.trace.links { for s in entry.link.sources { used[s] = true } }
    let names = NameReader(plan.rules)
    for s in used.indices where !used[s] {
      let leaf = plan.leaves.source[s]
      let path = pathForRest(leaf, plan.inventory.source.tensors[s], names)
      guard let path, !plan.trace.dropped.contains(s) else {
        leftOut.append(leaf)
        if let path, isInactive(path) {
          try builder.setLeaf(.value(.nothing), at: node(path))
          feeds.append(RepairedSource.Feed())
        }
        continue
      }
      let tree = plan.source.tree
      let value = ValueNode(tree.dtype(of: leaf), tree.shape(of: leaf).dimensions, .leaf(leaf))
      try builder.setArray(description(value, [leaf], []), at: node(path))
      feeds.append(RepairedSource.Feed(node: value, origin: restOrigin(leaf)))
    }
  }

  /// Whether the destination has no array there, but a place: an absent bias that is left without a
  /// value is not missing one.
  private func isInactive(_ path: TreePath) -> Bool {
    let tree = plan.destination.tree
    guard let leaf = tree.node(at: path).flatMap({ tree.leaf(at: $0) }) else { return false }
    return tree.kind(of: leaf) != .array
  }

  /// Leaves that are not arrays: numbers, text, the `false` of an absent parameter.
  private mutating func addValues() throws {
    let names = NameReader(plan.rules)
    let tree = plan.source.tree
    let range = plan.source.root.index..<tree.end(of: plan.source.root)
    for leaf in tree.leafIDs where range.contains(tree.node(of: leaf).index) {
      guard let value = tree.value(leaf) else { continue }
      let name = tree.path(of: tree.node(of: leaf), below: plan.source.nameRoot).flatName.bytes
      guard let path = pathForRest(leaf, TensorFacts(name: name, shape: [], dtype: ""), names)
      else { continue }
      try builder.setLeaf(.value(value), at: node(path))
      feeds.append(RepairedSource.Feed(node: nil, origin: restOrigin(leaf)))
    }
  }

  private func restOrigin(_ leaf: LeafID) -> RepairedSource.Origin {
    RepairedSource.Origin(sources: [leaf], operation: Operation([.rename]), rule: nil)
  }

  /// Where a leaf stands that no rule takes; nil when it lies outside of what is loaded.
  private mutating func pathForRest(
    _ leaf: LeafID, _ facts: TensorFacts, _ names: NameReader
  ) -> TreePath? {
    let tree = plan.source.tree
    let (name, isEntered) = names.finalName(facts)
    let range = plan.source.root.index..<tree.end(of: plan.source.root)
    let isBelow = range.contains(tree.node(of: leaf).index)
    guard isBelow && isEntered else { return nil }
    var path = rootPath
    if name == facts.name {
      path.segments += tree.path(of: tree.node(of: leaf), below: plan.source.root).segments
    } else {
      path = destinationPath(name)
    }
    // Another tensor has this name now: the rest keeps apart.
    if !occupied.insert(path.flatName.bytes).inserted {
      path.segments.insert(TreePath.Segment("not used"), at: rootPath.segments.count)
      if !occupied.insert(path.flatName.bytes).inserted { return nil }
    }
    return path
  }

  /// A name that rules have changed, below the root that a load begins at.
  private func destinationPath(_ name: [UInt8]) -> TreePath {
    var path = plan.destination.tree.path(of: plan.destination.nameRoot)
    for (place, part) in TensorFacts.split(name).enumerated() {
      path = path.appending(Name(part), joint: place == 0 ? .level : .dot)
    }
    let names = path.segments.map(\.name)
    if names.starts(with: rootPath.segments.map(\.name)) { return path }
    let own = path.segments.dropFirst(
      plan.destination.tree.depth(of: plan.destination.nameRoot))
    return TreePath(rootPath.segments + own)
  }
}
