import EspalierTree

/// Arrays, and the lists and dictionaries that Julia keeps as arrays.
extension JLD2TreeReader {
  mutating func addArray(
    _ dataset: HDF5Dataset, _ header: HDF5ObjectHeader, _ task: Task
  ) throws {
    if let element = try elementType(dataset),
      let values = try HDF5Values(
        dataset, metadata.file, as: element)
    {
      let layout: Layout = values.shape.count > 1 ? .contiguous(.column) : .row
      let array = ArrayDescription(
        values.element.dtype, Shape(values.shape.reversed()), layout: layout)
      let leaf = try builder.setArray(array, at: task.node)
      contents[leaf.raw] = .values(values)
      arrays[header.address] = leaf
      return
    }
    if dataset.type.isText {
      let shape = Shape(dataset.space.dimensions.reversed())
      let leaf = try builder.setArray(ArrayDescription(.string, shape), at: task.node)
      contents[leaf.raw] = .none("texts are listed, not read")
      arrays[header.address] = leaf
      return
    }
    switch dataset.type.kind {
    case .reference, .compound: try addElements(dataset, task)
    default:
      let shape = Shape(dataset.space.dimensions.reversed())
      try opaque("\(dataset.type.summary) \(shape)", at: task.node)
    }
  }

  func elementType(_ dataset: HDF5Dataset) throws(CheckpointError) -> HDF5ElementType? {
    if try isBoolean(dataset.type) { return HDF5ElementType(dtype: .bool) }
    return dataset.type.elementType
  }

  /// Julia's Boolean: a byte of bits, or, in old files, a byte that a type has the name of.
  private func isBoolean(_ type: HDF5Datatype) throws(CheckpointError) -> Bool {
    guard type.size == 1 else { return false }
    switch type.kind {
    case .bits: return true
    case .opaque:
      guard let committed = type.committed else { return false }
      return try types.type(at: committed)?.shortName == "Bool"
    default: return false
    }
  }

  /// Elements that are objects or structs become children; pairs become entries of a dictionary.
  private mutating func addElements(_ dataset: HDF5Dataset, _ task: Task) throws {
    try count(dataset.space.elementCount ?? Int.max / 2)
    var data = metadata.cursor(over: try raw(dataset), of: dataset.address)
    var tasks: [Task] = []
    var names: Set<[UInt8]> = []
    var isDictionary = false
    var index = 0
    while data.remaining >= dataset.type.size {
      let element = try data.part(dataset.type.size, "element")
      let pair = try self.pair(dataset.type, element)
      isDictionary = pair != nil && (isDictionary || index == 0)
      var name = Array("\(index + 1)".utf8)
      var value = Task.Value.element(dataset.type, element)
      if isDictionary, let pair {
        if let key = pair.key, !names.contains(key) { name = key }
        value = pair.value
      }
      names.insert(name)
      tasks.append(
        Task(
          value: value, node: try builder.node(Name(name), under: task.node), inside: task.inside))
      index += 1
    }
    if !isDictionary { builder.setKind(.positional, of: task.node) }
    pending += tasks.reversed()
  }

  /// The key and the value of a pair, itself or behind a reference; nil where it is none.
  private func pair(
    _ type: HDF5Datatype, _ data: HDF5Cursor
  ) throws(CheckpointError) -> (key: [UInt8]?, value: Task.Value)? {
    var type = type
    var data = data
    if case .reference = type.kind {
      guard let (next, target) = try scalar(&data) else { return nil }
      type = next
      data = target
    }
    guard case .compound(let members) = type.kind, members.count == 2,
      members[0].name.elementsEqual("first".utf8), members[1].name.elementsEqual("second".utf8)
    else { return nil }
    var first = data
    try first.skip(members[0].offset, "key")
    var key = try first.part(members[0].type.size, "key")
    var second = data
    try second.skip(members[1].offset, "value")
    let value = try second.part(members[1].type.size, "value")
    return (try keyName(members[0].type, &key), .element(members[1].type, value))
  }

  func keyName(
    _ type: HDF5Datatype, _ data: inout HDF5Cursor
  ) throws(CheckpointError) -> [UInt8]? {
    var type = type
    if case .reference = type.kind {
      guard let (next, target) = try scalar(&data) else { return nil }
      type = next
      data = target
    }
    switch try type.leafValue(&data, metadata) {
    case .text(let text)?: return text
    case let other?: return Array(other.description.utf8)
    case nil: return nil
    }
  }

  /// The single element that a reference leads to; nil where it leads to something else.
  func scalar(
    _ data: inout HDF5Cursor
  ) throws(CheckpointError) -> (HDF5Datatype, HDF5Cursor)? {
    guard let address = try data.address("reference"), address != 0 else { return nil }
    return try scalar(at: address)
  }

  func scalar(at address: Int) throws(CheckpointError) -> (HDF5Datatype, HDF5Cursor)? {
    let header = try HDF5ObjectHeader(metadata, at: address)
    guard header.isDataset else { return nil }
    let dataset = try HDF5Dataset(header, metadata)
    guard dataset.space.dimensions.isEmpty, !dataset.space.isNull else { return nil }
    return (dataset.type, metadata.cursor(over: try raw(dataset), of: address))
  }
}
