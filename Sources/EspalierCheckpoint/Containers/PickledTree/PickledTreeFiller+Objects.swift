import EspalierTree

extension PickledTreeFiller {
  /// Makes the leaf that an object is, or the nodes of its children.
  mutating func expand(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ container: any PickleContainer
  ) throws -> [Child] {
    let document = container.document
    switch document.kind(id) {
    case .none: try set(.nothing, at: node)
    case .bool: try set(.bool(document.bool(id) ?? false), at: node)
    case .integer: try set(.integer(Int64(document.integer(id) ?? 0)), at: node)
    case .float: try set(.float(document.float(id) ?? .nan), at: node)
    case .text, .legacyString: try set(.text(texts.text(id, document) ?? []), at: node)
    case .bigInteger: try set(bigInteger(id, document), at: node)
    case .bytes, .byteArray: try setOpaque(byteCount(document.contentCount(id)), at: node)
    case .global: try set(.opaque(type: document.global(id)?.fullName ?? []), at: node)
    case .persistentID: try persistent(id, node, container)
    case .buffer, .extensionCode: try setOpaque("kept outside the file", at: node)
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
    _ id: PickleID, _ node: TreeBuilder.Handle, _ container: any PickleContainer
  ) throws {
    let document = container.document
    if let storage = document.storage(id) {
      try set(
        TorchTensor(
          dtype: storage.dtype ?? .u8, shape: [storage.count], strides: [1],
          offset: storage.offset, storage: storage, trainability: .unknown),
        at: node, container)
    } else {
      try setOpaque("kept outside the file", at: node)
    }
  }

  private mutating func object(
    _ id: PickleID, _ node: TreeBuilder.Handle, _ container: any PickleContainer
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
        if PickleKeys.areEqual(before.key, key, document) {
          children[before.place].id = value
          continue
        }
        let kind = PickleKeys.typeName(key, document)
        child = try builder.node(Name(name.bytes + Array(" (\(kind))".utf8)), under: node)
        if known[child] != nil { continue }
      }
      if PickleKeys.isOptimizer(name.bytes) { builder.hide(child) }
      known[child] = (children.count, key)
      children.append((value, child))
    }
    return children
  }

}
