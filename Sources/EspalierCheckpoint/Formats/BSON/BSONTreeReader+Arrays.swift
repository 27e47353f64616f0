import EspalierTree

/// Arrays of numbers, of bytes, of other values, and those that lay on a device.
extension BSONTreeReader {
  mutating func addArray(_ task: Task) throws {
    let typeID = try values.part(task.value, "type")
    let data = try values.part(task.value, "data")
    let shape = try shape(task.value)
    guard document.kind(data) == .binary else { return try addElements(data, shape, task) }
    guard let dtype = try types.element(typeID) else {
      return try opaque("\(try types.words(typeID)) \(shape)", at: task.node)
    }
    try add(
      ArrayDescription(dtype, shape, layout: layout(shape)), data, as: task.value, at: task.node)
  }

  /// A vector of bytes has no tag.
  mutating func addBytes(_ task: Task) throws {
    let array = ArrayDescription(.u8, [document.count(task.value)])
    try add(array, task.value, as: task.value, at: task.node)
  }

  private func layout(_ shape: Shape) -> Layout {
    shape.rank > 1 ? .contiguous(.column) : .row
  }

  private static var highestRank: Int { 64 }

  private func shape(_ id: BSONID) throws -> Shape {
    let list = try values.part(id, "size")
    guard document.count(list) <= Self.highestRank,
      let sizes = try values.sizes(Array(document.children(list))),
      Shape(sizes).elementCount != nil
    else {
      throw document.error(
        .badValue, at: list, "size",
        found: "something else than sizes whose product fits in 64 bits",
        expected: "at most \(Self.highestRank) whole numbers")
    }
    return Shape(sizes)
  }

  /// Elements that are values of their own become children; a matrix's in Julia's order.
  private mutating func addElements(_ data: BSONID, _ shape: Shape, _ task: Task) throws {
    guard document.kind(data) == .array, document.count(data) == shape.elementCount else {
      throw document.error(
        .badValue, at: data, "data", found: "\(document.count(data)) elements",
        expected: "\(shape.elementCount ?? 0), as the shape \(shape) has")
    }
    if shape.rank != 1 { builder.setLabel("Array \(shape)".utf8, of: task.node) }
    try addList(Array(document.children(data)), task)
  }

  /// A leaf with values. Where the same array was a leaf before, both have one storage.
  private mutating func add(
    _ array: ArrayDescription, _ data: BSONID, as value: BSONID, at node: TreeBuilder.Handle
  ) throws {
    guard let range = document.range(data), range.count == array.byteCount else {
      throw document.error(
        .badValue, at: data, "data", found: byteCount(document.count(data)),
        expected: "\(array.byteCount.map(byteCount) ?? "fewer"), for \(array.dtype) \(array.shape)")
    }
    try add(array, .range(range), as: value, at: node)
  }

  private mutating func add(
    _ array: ArrayDescription, _ content: BSONSource.Content, as value: BSONID,
    at node: TreeBuilder.Handle
  ) throws {
    var array = array
    if let first = arrays[value] {
      array.storage = builder.storage(of: first, new: StorageID(first.raw))
    }
    let leaf = try builder.setArray(array, at: node)
    contents[leaf.raw] = content
    if arrays[value] == nil { arrays[value] = leaf }
  }

  // MARK: Wrappers

  /// A matrix seen the other way round: its columns are rows. False where it is something else.
  mutating func addTransposed(
    _ type: BSONType, of parent: BSONID, _ task: Task
  ) throws -> Bool {
    let parent = try values.resolve(parent).value
    guard values.tag(parent) == .array,
      let dtype = try types.element(try values.part(parent, "type")),
      // An adjoint conjugates.
      dtype.kind != .complex || type.name.short == "Transpose"
    else { return false }
    let data = try values.part(parent, "data")
    let shape = try shape(parent)
    guard document.kind(data) == .binary, (1...2).contains(shape.rank) else { return false }
    let turned = shape.rank == 1 ? [1, shape.dimensions[0]] : Shape(shape.dimensions.reversed())
    try add(ArrayDescription(dtype, turned, layout: .row), data, as: parent, at: task.node)
    return true
  }

  /// An array on a GPU was written as its address and its size. False where the size is not found.
  mutating func addDeviceArray(
    _ type: BSONType, _ fields: [BSONID], _ task: Task
  ) throws -> Bool {
    guard type.parameters.count >= 2, let dtype = try types.element(type.parameters[0]),
      let rank = document.integer(try values.resolve(type.parameters[1]).value)
    else { return false }
    for field in fields {
      let value = try values.resolve(field).value
      guard values.tag(value) == .tuple else { continue }
      let elements = try values.part(value, "data")
      guard document.count(elements) == rank, rank <= Self.highestRank,
        let sizes = try values.sizes(Array(document.children(elements)))
      else { continue }
      if arrays[task.value] == nil { deviceArrays += 1 }
      let array = ArrayDescription(dtype, Shape(sizes), layout: layout(Shape(sizes)))
      try add(
        array, .none("it lay on a GPU, and the file has its address there only"), as: task.value,
        at: task.node)
      return true
    }
    return false
  }
}
