import EspalierTree

/// Turns pickled objects into a tree: containers and attributes into branches, tensors into arrays,
/// everything else into leaves. Iterative; an object that contains itself is refused.
struct TorchTreeFiller {
  private var builder = TreeBuilder(order: .asGiven)
  private var placeOfLeaf: [Int32] = []
  private var places: [TorchPlace] = []
  private var findings: [Finding] = []
  private var seenGlobals: Set<PickleGlobal> = []
  /// Storages by archive and key.
  private var storages: [StorageKey: Int32] = [:]
  private var archives = 0
  private var visited = 0

  private struct StorageKey: Hashable {
    var archive: Int
    var key: [UInt8]
  }

  private struct Frame {
    var id: PickleID
    var node: TreeBuilder.Handle
    var parent: Int
  }

  mutating func branch(_ name: [UInt8]) throws -> TreeBuilder.Handle {
    try builder.node(Name(name))
  }

  mutating func add(_ archive: TorchArchive, under root: TreeBuilder.Handle) throws {
    archives += 1
    noteGlobals(archive.document)
    // Shared containers appear wherever they are shared; this bounds what sharing can multiply.
    let budget = visited + 1_000_000 + 4 * archive.document.nodes.count
    var frames = [Frame(id: archive.document.root, node: root, parent: -1)]
    var waiting = [0]
    while let index = waiting.popLast() {
      visited += 1
      guard visited <= budget else {
        throw CheckpointError(
          .limitExceeded, file: archive.zip.region.file.path, field: "data.pkl",
          found: "objects shared so often that the tree has no end", expected: "a tree")
      }
      let frame = frames[index]
      let children = try expand(frame, archive)
      guard !children.isEmpty else { continue }
      try checkNoCycle(index, frames, archive)
      for child in children.reversed() {
        waiting.append(frames.count)
        frames.append(Frame(id: child.id, node: child.node, parent: index))
      }
    }
  }

  consuming func finish() -> OpenedContent {
    let tree = builder.finish()
    return OpenedContent(
      TorchSource(tree: tree, placeOfLeaf: placeOfLeaf, places: places), findings: findings)
  }

  // MARK: Objects

  private typealias Child = (id: PickleID, node: TreeBuilder.Handle)

  /// Makes the leaf that an object is, or the nodes of its children.
  private mutating func expand(_ frame: Frame, _ archive: TorchArchive) throws -> [Child] {
    let document = archive.document
    let (id, node) = (frame.id, frame.node)
    switch document.kind(id) {
    case .none: try set(.nothing, at: node)
    case .bool: try set(.bool(document.bool(id) ?? false), at: node)
    case .integer: try set(.integer(Int64(document.integer(id) ?? 0)), at: node)
    case .float: try set(.float(document.float(id) ?? .nan), at: node)
    case .text, .legacyString: try set(.text(document.text(id) ?? []), at: node)
    case .bigInteger: try set(.opaque(type: Array("int".utf8)), at: node)
    case .bytes, .byteArray:
      try set(.opaque(type: Array("\(document.bytes(id)?.count ?? 0) bytes".utf8)), at: node)
    case .global: try set(.opaque(type: document.global(id)?.fullName ?? []), at: node)
    case .persistentID, .buffer, .extensionCode:
      try set(.opaque(type: Array("a storage".utf8)), at: node)
    case .list, .tuple, .set, .frozenSet:
      builder.setKind(.positional, of: node)
      return try document.elements(id).enumerated().map {
        ($1, try builder.node(at: $0, under: node))
      }
    case .dictionary: return try keyed(document.pairs(id), under: node, document)
    case .call, .object: return try object(id, node, archive)
    }
    return []
  }

  private mutating func object(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ archive: TorchArchive
  ) throws -> [Child] {
    let document = archive.document
    if let tensor = document.tensor(id) {
      try set(tensor, at: node, archive)
      return []
    }
    if let array = document.numpyArray(id) {
      try set(array, at: node, archive)
      return []
    }
    let type = document.typeName(id) ?? []
    if !type.elementsEqual("collections.OrderedDict".utf8) { builder.setLabel(type, of: node) }
    var children = try keyed(document.pairs(id), under: node, document)
    for (index, element) in document.elements(id).enumerated() {
      children.append((element, try builder.node(at: index, under: node)))
    }
    if !type.elementsEqual("collections.OrderedDict".utf8) {
      children += try attributes(of: id, under: node, document)
    }
    if children.isEmpty, !Self.isContainer(type) { try set(.opaque(type: type), at: node) }
    return children
  }

  private static func isContainer(_ type: [UInt8]) -> Bool {
    type.starts(with: "collections.".utf8)
  }

  /// An object's attributes: its state where that is a dictionary, or a pair of two.
  private mutating func attributes(
    of id: PickleID, under node: TreeBuilder.Handle, _ document: PickleDocument
  ) throws -> [Child] {
    guard let state = document.state(id) else { return [] }
    switch document.kind(state) {
    case .dictionary: return try keyed(document.pairs(state), under: node, document)
    case .tuple:
      return try document.elements(state).filter { document.kind($0) == .dictionary }
        .flatMap { try keyed(document.pairs($0), under: node, document) }
    default: return []
    }
  }

  private mutating func keyed(
    _ pairs: [(key: PickleID, value: PickleID)], under node: TreeBuilder.Handle,
    _ document: PickleDocument
  ) throws -> [Child] {
    var last: [TreeBuilder.Handle: Int] = [:]
    var children: [Child] = []
    for (key, value) in pairs {
      let name = Name(keyText(key, document))
      let child = try builder.flatNode(name, under: node)
      if Self.isOptimizer(name) { builder.hide(child) }
      // Where a key occurs again, the later value counts, as it does in Python.
      if let before = last[child] {
        children[before].id = value
      } else {
        last[child] = children.count
        children.append((value, child))
      }
    }
    return children
  }

  private func keyText(_ key: PickleID, _ document: PickleDocument) -> [UInt8] {
    switch document.kind(key) {
    case .text, .legacyString: return document.text(key) ?? []
    case .integer: return Array(String(document.integer(key) ?? 0).utf8)
    case .float: return Array("\(document.float(key) ?? 0)".utf8)
    case .bool: return Array((document.bool(key) == true ? "True" : "False").utf8)
    case .none: return Array("None".utf8)
    case .global: return document.global(key)?.fullName ?? []
    case .tuple:
      let parts = document.elements(key).map { part in
        document.text(part).map { Array($0) } ?? document.integer(part).map { Array("\($0)".utf8) }
          ?? Array("?".utf8)
      }
      return Array("(".utf8) + Array(parts.joined(separator: ", ".utf8)) + Array(")".utf8)
    default: return Array("?".utf8)
    }
  }

  private static func isOptimizer(_ name: Name) -> Bool {
    ["optimizer", "optimizer_state_dict", "optimizer_states", "optim"].contains {
      name.bytes.elementsEqual($0.utf8)
    }
  }

  // MARK: Leaves

  private mutating func set(_ value: LeafValue, at node: TreeBuilder.Handle) throws {
    try builder.setLeaf(.value(value), at: node)
    placeOfLeaf.append(-1)
  }

  private mutating func set(
    _ array: ArrayDescription, _ place: TorchPlace, at node: TreeBuilder.Handle
  ) throws {
    try builder.setArray(array, at: node)
    placeOfLeaf.append(Int32(truncatingIfNeeded: places.count))
    places.append(place)
  }

  private mutating func set(
    _ tensor: TorchTensor, at node: TreeBuilder.Handle, _ archive: TorchArchive
  ) throws {
    let array = ArrayDescription(
      tensor.dtype, Shape(tensor.shape),
      layout: .strided(offset: tensor.offset, strides: tensor.strides),
      storage: tensor.storage.map { storageID($0.key) }, trainability: tensor.trainability)
    guard array.layout.footprint(of: array.shape) != nil, array.byteCount != nil else {
      throw error(node, archive, "shape \(array.shape), strides \(tensor.strides)", "ones that fit")
    }
    try set(simplified(array), try place(of: tensor, array, node, archive), at: node)
  }

  /// A tensor that fills its storage in row order needs no explicit layout.
  private func simplified(_ array: ArrayDescription) -> ArrayDescription {
    var array = array
    if array.storage == nil || array.layout.offset() == 0,
      array.layout.strides(for: array.shape) == array.shape.contiguousStrides(.row)
    {
      array.layout = .row
    }
    return array
  }

  private func place(
    of tensor: TorchTensor, _ array: ArrayDescription, _ node: TreeBuilder.Handle,
    _ archive: TorchArchive
  ) throws -> TorchPlace {
    guard let storage = tensor.storage else {
      return .nowhere("it is a meta tensor: PyTorch saved its shape only")
    }
    let footprint = array.layout.footprint(of: array.shape) ?? 0..<0
    let needed = footprint.isEmpty ? 0 : footprint.upperBound * tensor.dtype.bytesPerBlock
    guard let entry = try archive.storage(storage.key) else {
      if needed == 0 { return .memory([], isBigEndian: false) }
      throw error(node, archive, "no member data/\(visibleText(storage.key))", "its values")
    }
    guard needed <= entry.size else {
      throw error(
        node, archive, "a storage of \(entry.size) bytes", "at least \(needed) for \(array.shape)")
    }
    if let region = try archive.zip.stored(entry) {
      return .region(region, isBigEndian: archive.isBigEndian)
    }
    return .compressed(archive.zip, entry, isBigEndian: archive.isBigEndian)
  }

  private mutating func storageID(_ key: [UInt8]) -> StorageID {
    let next = Int32(truncatingIfNeeded: storages.count)
    let number = storages[StorageKey(archive: archives, key: key), default: next]
    storages[StorageKey(archive: archives, key: key)] = number
    return StorageID(number)
  }

  private mutating func set(
    _ numpy: NumpyArray, at node: TreeBuilder.Handle, _ archive: TorchArchive
  ) throws {
    let array = ArrayDescription(
      numpy.dtype, Shape(numpy.shape), layout: .contiguous(numpy.isFortran ? .column : .row))
    guard array.byteCount == numpy.bytes.count else {
      throw error(
        node, archive, "\(numpy.bytes.count) bytes", "as many as \(numpy.dtype) \(array.shape) has")
    }
    try set(array, .memory(numpy.bytes, isBigEndian: numpy.isBigEndian), at: node)
  }

  // MARK: Refusals and findings

  private func error(
    _ node: TreeBuilder.Handle, _ archive: TorchArchive, _ found: String, _ expected: String
  ) -> CheckpointError {
    CheckpointError(
      .badValue, file: archive.zip.region.file.path, place: builder.path(of: node).flatName.bytes,
      found: found, expected: expected)
  }

  private func checkNoCycle(_ index: Int, _ frames: [Frame], _ archive: TorchArchive) throws {
    var at = frames[index].parent
    while at >= 0 {
      guard frames[at].id != frames[index].id else {
        throw CheckpointError(
          TreeError.cycle(at: builder.path(of: frames[index].node)),
          file: archive.zip.region.file.path)
      }
      at = frames[at].parent
    }
  }

  private mutating func noteGlobals(_ document: PickleDocument) {
    for global in document.globals where seenGlobals.insert(global).inserted {
      let name = visibleText(global.fullName)
      switch global.risk {
      case .data: break
      case .unknown:
        findings.append(
          Finding(
            .note, code: "unknown-global", place: global.fullName,
            sentence: "it names \(name), which Python would import; here it is only a name"))
      case .dangerous:
        findings.append(
          Finding(
            .danger, code: "dangerous-global", place: global.fullName,
            sentence: "it names \(name): loading it with Python's pickle could run code. "
              + "Here nothing of it was run"))
      }
    }
  }
}
