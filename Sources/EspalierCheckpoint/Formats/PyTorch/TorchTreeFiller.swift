import EspalierTree

/// Turns pickled objects into a tree: containers and attributes into branches, tensors into arrays,
/// everything else into leaves. Iterative; an object that contains itself is refused.
struct TorchTreeFiller {
  var builder = TreeBuilder(order: .asGiven)
  var findings = TorchFindings()
  var texts = TorchTexts()
  private var placeOfLeaf: [Int32] = []
  private var places: [TorchPlace] = []
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
    if TorchKeys.isOptimizerFile(name) { builder.hide(node) }
    return node
  }

  /// The tree that several files hold together, each a part of it.
  static func open(
    _ shards: [ByteRegion], _ container: (ByteRegion) throws -> any TorchContainer
  ) throws -> OpenedContent {
    var filler = TorchTreeFiller()
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
    _ container: any TorchContainer, _ object: PickleID? = nil, under root: TreeBuilder.Handle
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
    let source = TorchSource(
      tree: builder.finish(), placeOfLeaf: placeOfLeaf, places: places, unpacked: unpacked)
    return OpenedContent(source, findings: findings)
  }

  // MARK: Objects

  /// Makes the leaf that an object is, or the nodes of its children.
  private mutating func expand(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ container: any TorchContainer
  ) throws -> [Child] {
    let document = container.document
    switch document.kind(id) {
    case .none: try set(.nothing, at: node)
    case .bool: try set(.bool(document.bool(id) ?? false), at: node)
    case .integer: try set(.integer(Int64(document.integer(id) ?? 0)), at: node)
    case .float: try set(.float(document.float(id) ?? .nan), at: node)
    case .text, .legacyString: try set(.text(texts.text(id, document) ?? []), at: node)
    case .bigInteger: try set(bigInteger(id, document), at: node)
    case .bytes, .byteArray: try opaque(byteCount(document.contentCount(id)), at: node)
    case .global: try set(.opaque(type: document.global(id)?.fullName ?? []), at: node)
    case .persistentID: try persistent(id, node, container)
    case .buffer, .extensionCode: try opaque("kept outside the file", at: node)
    case .list, .tuple, .set, .frozenSet:
      builder.setKind(.positional, of: node)
      return try positional(document.elements(id), under: node)
    case .dictionary: return try keyed(document.pairs(id), under: node, document)
    case .call, .object: return try object(id, node, container)
    }
    return []
  }

  private func bigInteger(_ id: PickleID, _ document: PickleDocument) -> LeafValue {
    let bytes = document.bytes(id) ?? []
    // Nine bytes with a zero on top are an unsigned integer of 64 bits.
    guard bytes.count == 9, bytes[8] == 0 else {
      return .opaque(type: Array("int of \(byteCount(bytes.count))".utf8))
    }
    return .unsigned(bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// A storage that stands by itself is an array of one dimension.
  private mutating func persistent(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ container: any TorchContainer
  ) throws {
    let document = container.document
    if let storage = document.storage(id) {
      try set(
        TorchTensor(
          dtype: storage.dtype ?? .u8, shape: [storage.count], strides: [1],
          offset: storage.offset, storage: storage, trainability: .unknown),
        at: node, container)
    } else {
      try opaque("kept outside the file", at: node)
    }
  }

  private mutating func object(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ container: any TorchContainer
  ) throws -> [Child] {
    let document = container.document
    if let tensor = document.tensor(id) {
      try set(tensor, at: node, container)
      return []
    }
    if let array = document.numpyArray(id) {
      try set(array, at: node, container)
      return []
    }
    if let inner = document.unwrapped(id) { return [(inner, node)] }
    if let objects = document.numpyObjects(id) {
      if objects.isScalar, let only = objects.elements.first { return [(only, node)] }
      builder.setKind(.positional, of: node)
      return try positional(objects.elements, under: node)
    }
    let type = document.className(id)?.fullName ?? []
    if type.starts(with: "torch._utils._rebuild_sparse".utf8) {
      return try sparse(id, node, document)
    }
    if type.starts(with: "torch._utils._rebuild_".utf8) {
      findings.unreadable(builder.path(of: node), type)
      if document.isPlainTensor(type) {
        try set(.opaque(type: type), at: node)
        return []
      }
    }
    let isOrdered = type.elementsEqual("collections.OrderedDict".utf8)
    if !isOrdered { builder.setLabel(try texts.spend(type, container), of: node) }
    let pairs = document.items(id)
    var children = try keyed(pairs, under: node, document)
    let elements = document.elements(id)
    if !elements.isEmpty, pairs.isEmpty { builder.setKind(.positional, of: node) }
    children += try positional(elements, under: node)
    // What an ordered dictionary has besides its items is PyTorch's own (`_metadata`).
    if !isOrdered { children += try attributes(of: id, under: node, document, beside: children) }
    if children.isEmpty, !isOrdered {
      children = try arguments(of: id, under: node, document)
    }
    if children.isEmpty, !type.starts(with: "collections.".utf8) {
      try set(.opaque(type: type), at: node)
    }
    return children
  }

  /// A sparse tensor's parts, each an array by itself.
  private mutating func sparse(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ document: PickleDocument
  ) throws -> [Child] {
    findings.sparse(builder.path(of: node))
    builder.setLabel("sparse tensor".utf8, of: node)
    guard let (_, arguments) = document.named(id), arguments.count > 1 else { return [] }
    let parts = document.elements(arguments[1])
    let isCompressed = parts.count > 2 && document.tensor(parts[2]) != nil
    let names =
      isCompressed
      ? ["compressed_indices", "plain_indices", "values", "size"]
      : ["indices", "values", "size", "is_coalesced"]
    return try zip(names, parts).map { ($1, try builder.node(Name($0), under: node)) }
  }

  // MARK: Children

  private mutating func positional(
    _ elements: [PickleID], under node: TreeBuilder.Handle
  ) throws -> [Child] {
    try elements.enumerated().map { ($1, try builder.node(at: $0, under: node)) }
  }

  /// An object's attributes: its state where that is a dictionary, or a pair of two.
  private mutating func attributes(
    of id: PickleID, under node: TreeBuilder.Handle, _ document: PickleDocument,
    beside items: [Child]
  ) throws -> [Child] {
    guard let state = document.state(id) else { return [] }
    let taken = Set(items.map(\.node))
    var found: [Child] = []
    switch document.kind(state) {
    case .dictionary: found = try keyed(document.pairs(state), under: node, document)
    case .tuple:
      let parts = document.elements(state).filter { document.kind($0) == .dictionary }
      found = try keyed(parts.flatMap { document.pairs($0) }, under: node, document)
    case .call: found = try keyed(document.items(state), under: node, document)
    default: break
    }
    return found.filter { !taken.contains($0.node) }
  }

  /// What something unknown is made from, where tensors could be in it.
  private mutating func arguments(
    of id: PickleID, under node: TreeBuilder.Handle, _ document: PickleDocument
  ) throws -> [Child] {
    guard let call = document.call(id) else { return [] }
    let holders: [PickleKind] = [.call, .object, .list, .tuple, .dictionary, .persistentID]
    let elements = document.elements(call.arguments)
    guard elements.contains(where: { holders.contains(document.kind($0)) }) else { return [] }
    builder.setKind(.positional, of: node)
    return try positional(elements, under: node)
  }

  private mutating func keyed(
    _ pairs: [(key: PickleID, value: PickleID)], under node: TreeBuilder.Handle,
    _ document: PickleDocument
  ) throws -> [Child] {
    var known: [TreeBuilder.Handle: (place: Int, key: PickleID)] = [:]
    var children: [Child] = []
    for (key, value) in pairs {
      let name = Name(try texts.key(key, document))
      var child = try builder.flatNode(name, under: node)
      if let before = known[child] {
        // Where a key occurs again, the later value counts, as it does in Python; 1 and "1" are two.
        if TorchKeys.areEqual(before.key, key, document) {
          children[before.place].id = value
          continue
        }
        let kind = TorchKeys.typeName(key, document)
        child = try builder.node(Name(name.bytes + Array(" (\(kind))".utf8)), under: node)
        if known[child] != nil { continue }
      }
      if TorchKeys.isOptimizer(name.bytes) { builder.hide(child) }
      known[child] = (children.count, key)
      children.append((value, child))
    }
    return children
  }

  // MARK: Leaves

  mutating func setOpaque(_ what: String, at node: TreeBuilder.Handle) throws {
    try opaque(what, at: node)
  }

  /// The path of a node, for errors.
  func place(of node: TreeBuilder.Handle) -> String {
    visibleText(builder.path(of: node).flatName.bytes)
  }

  /// ` “path”`, or nothing for the root.
  func named(_ node: TreeBuilder.Handle) -> String {
    let place = place(of: node)
    return place.isEmpty ? "" : " “\(place)”"
  }

  private mutating func opaque(_ what: String, at node: TreeBuilder.Handle) throws {
    try set(.opaque(type: Array(what.utf8)), at: node)
  }

  private mutating func set(_ value: LeafValue, at node: TreeBuilder.Handle) throws {
    try builder.setLeaf(.value(value), at: node)
    placeOfLeaf.append(-1)
  }

  mutating func set(
    _ array: ArrayDescription, _ place: TorchPlace, at node: TreeBuilder.Handle
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

  private func sharedWithoutEnd(_ container: any TorchContainer) -> CheckpointError {
    CheckpointError(
      .limitExceeded, file: container.file, field: "pickle",
      found: "objects shared so often that the tree has no end", expected: "a tree")
  }
}
