import EspalierTree

/// Turns pickled objects into a tree: containers and attributes into branches, tensors into arrays,
/// everything else into leaves. Iterative; an object that contains itself is refused.
struct PickledTreeFiller {
  var builder = TreeBuilder(order: .asGiven)
  var findings = PickleFindings()
  var texts = PickleTexts()
  private var placeOfLeaf: [Int32] = []
  private var places: [PickledPlace] = []
  /// Files in memory that tensors lie in.
  var unpacked: [UnpackedMember] = []
  /// Storages by archive and key.
  private var storages: [StorageKey: Int32] = [:]
  private var archives = 0
  private var visited = 0

  private struct StorageKey: Hashable {
    var archive: Int
    var key: [UInt8]
  }

  typealias Child = (id: PickleID, node: TreeBuilder.Handle)

  private enum Step {
    case enter(Child)
    /// Everything below an object is done.
    case leave(PickleID)
  }

  mutating func branch(_ name: [UInt8]) throws -> TreeBuilder.Handle {
    let node = try builder.node(Name(name))
    if PickleKeys.isOptimizerFile(name) { builder.hide(node) }
    return node
  }

  /// The tree that several files hold together, each a part of it.
  static func open(
    _ shards: [ByteRegion], _ container: (ByteRegion) throws -> any PickleContainer
  ) throws -> OpenedContent {
    var filler = PickledTreeFiller()
    var ends: [Int] = []
    for region in shards {
      do { try filler.add(container(region), under: .root) } catch let error as TreeError {
        throw CheckpointError(error, file: region.file.path)
      }
      ends.append(filler.placeOfLeaf.count)
    }
    let places = filler.placeOfLeaf
    var content = filler.finish()
    // Indexes list tensors only.
    content.shardOfLeaf = { [ends] leaf in
      places[leaf.index] < 0 ? nil : ends.firstIndex { leaf.index < $0 }
    }
    return content
  }

  /// - Parameter object: the one to begin at; nil for the pickle's own.
  mutating func add(
    _ container: any PickleContainer, _ object: PickleID? = nil, under root: TreeBuilder.Handle
  ) throws {
    archives += 1
    let document = container.document
    findings.note(globals: document.globals)
    texts.open(document)
    // Shared containers appear wherever they are shared; this bounds what sharing can multiply.
    let budget = visited + 1_000_000 + 4 * document.nodes.count
    var steps = [Step.enter((object ?? document.root, root))]
    /// The objects between the root and the one at hand.
    var above: Set<PickleID> = []
    while let step = steps.popLast() {
      guard case .enter(let (id, node)) = step else {
        if case .leave(let id) = step { above.remove(id) }
        continue
      }
      visited += 1
      guard visited <= budget else { throw sharedWithoutEnd(container) }
      let children = try expand(id, node, container)
      if children.isEmpty { continue }
      guard above.insert(id).inserted else {
        throw CheckpointError(TreeError.cycle(at: builder.path(of: node)), file: container.file)
      }
      steps.append(.leave(id))
      for child in children.reversed() { steps.append(.enter(child)) }
    }
  }

  var holdsArrays: Bool { !places.isEmpty }

  consuming func finish() -> OpenedContent {
    let findings = findings.all
    let source = PickledSource(
      tree: builder.finish(), placeOfLeaf: placeOfLeaf, places: places, unpacked: unpacked)
    return OpenedContent(source, findings: findings)
  }

  // MARK: Leaves

  /// The path of a node, for errors.
  func place(of node: TreeBuilder.Handle) -> String {
    visibleText(builder.path(of: node).flatName.bytes)
  }

  /// ` “path”`, or nothing for the root.
  func named(_ node: TreeBuilder.Handle) -> String {
    let place = place(of: node)
    return place.isEmpty ? "" : " “\(place)”"
  }

  mutating func setOpaque(_ what: String, at node: TreeBuilder.Handle) throws {
    try set(.opaque(type: Array(what.utf8)), at: node)
  }

  mutating func set(_ value: LeafValue, at node: TreeBuilder.Handle) throws {
    try builder.setLeaf(.value(value), at: node)
    placeOfLeaf.append(-1)
  }

  mutating func set(
    _ array: ArrayDescription, _ place: PickledPlace, at node: TreeBuilder.Handle
  ) throws {
    try builder.setArray(array, at: node)
    placeOfLeaf.append(Int32(truncatingIfNeeded: places.count))
    places.append(place)
  }

  mutating func storageID(_ key: [UInt8]) -> StorageID {
    let next = Int32(truncatingIfNeeded: storages.count)
    let number = storages[StorageKey(archive: archives, key: key), default: next]
    storages[StorageKey(archive: archives, key: key)] = number
    return StorageID(number)
  }

  private func sharedWithoutEnd(_ container: any PickleContainer) -> CheckpointError {
    CheckpointError(
      .limitExceeded, file: container.file, field: "pickle",
      found: "objects shared so often that the tree has no end", expected: "a tree")
  }
}
