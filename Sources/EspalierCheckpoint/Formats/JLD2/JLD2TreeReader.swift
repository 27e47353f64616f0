import EspalierTree

/// Builds the tree that Julia had: structs, named tuples, tuples, dictionaries, arrays.
///
/// Values refer to each other by address. The walk keeps its own stack, cuts circles, and gives up on
/// files whose references would unfold into more than their size can hold.
struct JLD2TreeReader {
  let metadata: HDF5Metadata
  let types: JLD2Types
  var builder = TreeBuilder()
  var contents: [Int32: HDF5Source.Content] = [:]

  /// Something that waits to become a node.
  struct Task {
    enum Value {
      case object(Int)
      case element(HDF5Datatype, HDF5Cursor)
      /// A value that takes no bytes: its type is all of it.
      case type(Int)
    }

    var value: Value
    var node: TreeBuilder.Handle
    /// Index in `trail` of the object that it is inside of; -1 for none.
    var inside: Int
    /// Whether it is a field of a struct.
    var isField = false
  }

  var pending: [Task] = []
  /// Objects on the way down, each with the one above.
  private var trail: [(address: Int, above: Int)] = []
  private var arrays: [Int: LeafID] = [:]
  private var taskCount = 0

  private static let rawLimit = 64 << 20

  init(_ file: HDF5File) {
    metadata = HDF5Metadata(file)
    types = JLD2Types(metadata)
  }

  mutating func read() throws -> OpenedContent {
    let root = try HDF5ObjectHeader(metadata, at: metadata.file.root)
    try addGroup(root, at: .root, inside: -1, skipsTypes: true)
    while let task = pending.popLast() {
      taskCount += 1
      guard taskCount <= (1 << 16) + metadata.file.region.count / 8 else {
        throw metadata.error(
          .limitExceeded, at: metadata.file.root, "references",
          found: "more than \(taskCount - 1) values",
          expected: "as many as a file of this size can hold",
          advice: "its values refer to each other over and over")
      }
      try run(task)
    }
    let tree = builder.finish()
    var content = OpenedContent(
      HDF5Source(tree: tree, file: metadata.file, contents: contents))
    // What Julia's `save_object` calls the one thing that it saves.
    let single = Name("single_stored_object")
    if let node = tree.child(of: .root, named: single), tree.hasChildren(node) {
      content.root = node
      content.notes.append("the weights are taken from “\(single)”, the one object in the file")
    }
    return content
  }

  private mutating func run(_ task: Task) throws {
    switch task.value {
    case .object(let address): try addObject(address, task)
    case .element(let type, let data): try addElement(type, data, task)
    case .type(let address): try addType(address, task)
    }
  }

  // MARK: Objects

  private mutating func addGroup(
    _ header: HDF5ObjectHeader, at node: TreeBuilder.Handle, inside: Int, skipsTypes: Bool = false
  ) throws {
    var tasks: [Task] = []
    for link in try metadata.links(of: header).links {
      if skipsTypes, link.name.elementsEqual("_types".utf8) { continue }
      let child = try builder.node(Name(link.name), under: node)
      if case .hard(let address) = link.target {
        tasks.append(Task(value: .object(address), node: child, inside: inside))
      } else {
        try opaque("link", at: child)
      }
    }
    pending += tasks.reversed()
  }

  private mutating func addObject(_ address: Int, _ task: Task) throws {
    if let known = arrays[address] { return try addTie(task.node, to: known) }
    var above = task.inside
    while above >= 0 {
      if trail[above].address == address {
        return try opaque("reference to a value above", at: task.node)
      }
      above = trail[above].above
    }
    let header = try HDF5ObjectHeader(metadata, at: address)
    trail.append((address, task.inside))
    var task = task
    task.inside = trail.count - 1
    if header.isDataset {
      return try addDataset(header, task)
    }
    if header.first(HDF5Message.Kind.datatype) != nil {
      return try opaque(typeWords(address), at: task.node)
    }
    try addGroup(header, at: task.node, inside: task.inside)
  }

  private mutating func addDataset(_ header: HDF5ObjectHeader, _ task: Task) throws {
    let dataset = try HDF5Dataset(header, metadata)
    if dataset.space.isNull {
      guard let committed = try dataset.type.committed ?? juliaType(of: header) else {
        return try opaque("empty", at: task.node)
      }
      return try addType(committed, task)
    }
    if dataset.space.dimensions.isEmpty {
      let data = metadata.cursor(over: try raw(dataset), of: dataset.address)
      return try addElement(dataset.type, data, task)
    }
    try addArray(dataset, header, task)
  }

  /// The address of the type that an attribute of an object names.
  private func juliaType(of header: HDF5ObjectHeader) throws(CheckpointError) -> Int? {
    for attribute in try metadata.attributes(of: header)
    where attribute.name.elementsEqual("julia_type".utf8) {
      guard case .reference = attribute.type.kind else { return nil }
      var data = attribute.cursor(metadata)
      return try data.address("julia_type")
    }
    return nil
  }

  /// All bytes of a dataset whose elements are not numbers.
  private func raw(_ dataset: HDF5Dataset) throws(CheckpointError) -> [UInt8] {
    guard let count = dataset.byteCount, count <= Self.rawLimit else {
      throw metadata.error(
        .limitExceeded, at: dataset.address, "dataset",
        found: "references or structs of more bytes",
        expected: "at most \(Self.rawLimit)")
    }
    if let range = dataset.plainRange(metadata.file) {
      return try metadata.bytes(at: range.lowerBound, range.count, "value")
    }
    guard case .chunked(let chunking) = dataset.layout, !dataset.space.dimensions.isEmpty else {
      throw metadata.error(
        .truncated, at: dataset.address, "dataset", found: "no bytes for its value",
        expected: "\(count)")
    }
    let store = try HDF5ChunkStore(dataset, chunking, metadata.file)
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: CheckpointError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(CheckpointError) { try store.fetch(0, buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  // MARK: Arrays

  private mutating func addArray(
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

  private func elementType(_ dataset: HDF5Dataset) throws(CheckpointError) -> HDF5ElementType? {
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

  private func keyName(
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
  private func scalar(
    _ data: inout HDF5Cursor
  ) throws(CheckpointError) -> (HDF5Datatype, HDF5Cursor)? {
    guard let address = try data.address("reference"), address != 0 else { return nil }
    return try scalar(at: address)
  }

  private func scalar(at address: Int) throws(CheckpointError) -> (HDF5Datatype, HDF5Cursor)? {
    let header = try HDF5ObjectHeader(metadata, at: address)
    guard header.isDataset else { return nil }
    let dataset = try HDF5Dataset(header, metadata)
    guard dataset.space.dimensions.isEmpty, !dataset.space.isNull else { return nil }
    return (dataset.type, metadata.cursor(over: try raw(dataset), of: address))
  }

  private mutating func addTie(_ node: TreeBuilder.Handle, to leaf: LeafID) throws {
    _ = builder.storage(of: leaf, new: StorageID(leaf.raw))
    let tied = try builder.addTie(node, to: leaf)
    contents[tied.raw] = contents[leaf.raw]
  }

  // MARK: Leaves

  func typeWords(_ address: Int) throws(CheckpointError) -> String {
    let type = try types.type(at: address)
    return type.map { $0.function ?? $0.shown } ?? "type"
  }

  mutating func opaque(_ words: String, at node: TreeBuilder.Handle) throws {
    try builder.setLeaf(.value(.opaque(type: Array(words.utf8))), at: node)
  }
}

// MARK: - Elements

extension JLD2TreeReader {
  private mutating func addElement(
    _ type: HDF5Datatype, _ data: HDF5Cursor, _ task: Task
  ) throws {
    var data = data
    switch type.kind {
    case .reference:
      guard let address = try data.address("reference"), address != 0 else {
        return try opaque("undef", at: task.node)
      }
      pending.append(Task(value: .object(address), node: task.node, inside: task.inside))
    case .compound(let members) where type.elementType == nil:
      try addStruct(type, members, data, task)
    case .opaque: try addOpaque(type, &data, task)
    case .bits where type.size == 1:
      try builder.setLeaf(.value(.bool(try data.u8("Boolean") != 0)), at: task.node)
    default:
      if let value = try type.leafValue(&data, metadata) {
        try builder.setLeaf(.value(value), at: task.node)
      } else {
        try opaque(type.summary, at: task.node)
      }
    }
  }

  private mutating func addOpaque(
    _ type: HDF5Datatype, _ data: inout HDF5Cursor, _ task: Task
  ) throws {
    if type.size == 1, try isBooleanByte(type, isField: task.isField) {
      try builder.setLeaf(.value(.bool(try data.u8("Boolean") != 0)), at: task.node)
    } else if let committed = type.committed {
      try addType(committed, task)
    } else {
      try opaque(type.summary, at: task.node)
    }
  }

  /// Fields that take no bytes are left out, so that an opaque byte in a struct is a Boolean of old
  /// files: no other type of one byte is written so.
  private func isBooleanByte(
    _ type: HDF5Datatype, isField: Bool
  ) throws(CheckpointError) -> Bool {
    guard let committed = type.committed else { return isField }
    return try types.type(at: committed)?.shortName == "Bool"
  }

  private mutating func addStruct(
    _ type: HDF5Datatype, _ members: [HDF5Datatype.Member], _ data: HDF5Cursor, _ task: Task
  ) throws {
    var julia: JLD2Type?
    if let committed = type.committed { julia = try types.type(at: committed) }
    if julia?.shortName == "DataType" || julia?.shortName == "UnionAll" {
      return try opaque(try typeOfValue(members, data) ?? "type", at: task.node)
    }
    if let julia { try label(julia, task.node) }
    if julia?.isDictionary ?? false, members.count == 1 {
      // The entries, as an array of pairs.
      return try addField(members[0], data, task.node, task)
    }
    let fields = try self.fields(members, julia)
    if fields.isPositional || JLD2Fields.areNumbered(members) {
      builder.setKind(.positional, of: task.node)
    }
    let start = pending.count
    for (name, content) in fields.fields {
      let node = try builder.node(Name(name), under: task.node)
      switch content {
      case .stored(let place, let type):
        var member = members[place]
        member.type.committed = type
        try addField(member, data, node, task)
      case .type(let address):
        pending.append(Task(value: .type(address), node: node, inside: task.inside, isField: true))
      }
    }
    pending[start...].reverse()
  }

  private mutating func addField(
    _ member: HDF5Datatype.Member, _ data: HDF5Cursor, _ node: TreeBuilder.Handle, _ task: Task
  ) throws {
    var field = data
    try field.skip(member.offset, "field")
    let value = try field.part(member.type.size, "field")
    pending.append(
      Task(value: .element(member.type, value), node: node, inside: task.inside, isField: true))
  }

  private mutating func label(
    _ type: JLD2Type, _ node: TreeBuilder.Handle
  ) throws(CheckpointError) {
    guard !type.isTuple, !type.isNamedTuple else { return }
    // A layer's functions are parameters of its type.
    var functions: [String] = []
    for address in type.parameters where address != 0 && functions.count < 8 {
      if let function = try types.type(at: address)?.function { functions.append(function) }
    }
    let suffix = functions.isEmpty ? "" : "(\(functions.joined(separator: ", ")))"
    builder.setLabel((type.shown + suffix).utf8, of: node)
  }

  /// The fields of a tuple or a named tuple are known from its type, also those without bytes.
  private func fields(
    _ members: [HDF5Datatype.Member], _ julia: JLD2Type?
  ) throws(CheckpointError) -> JLD2Fields {
    guard let julia else { return JLD2Fields(members) }
    if let types = try elements(of: julia) {
      return JLD2Fields(members, allTypes: types, names: nil)
    }
    if julia.isNamedTuple, let (names, types) = try namedTuple(julia) {
      return JLD2Fields(members, allTypes: types, names: names)
    }
    return JLD2Fields(members, types: julia.fieldTypes)
  }

  /// The types of a tuple's elements; nil where it is none.
  private func elements(of julia: JLD2Type) throws(CheckpointError) -> [Int]? {
    guard julia.isRepeated else { return julia.isTuple ? julia.parameters : nil }
    guard julia.parameters.count == 2, case .integer(let count)? = try number(julia.parameters[0]),
      (0...4096).contains(count)
    else { return nil }
    return [Int](repeating: julia.parameters[1], count: Int(count))
  }

  private func number(_ address: Int) throws(CheckpointError) -> LeafValue? {
    guard let (type, start) = try scalar(at: address) else { return nil }
    var data = start
    return try type.leafValue(&data, metadata)
  }

  /// The names and the types of a named tuple's fields.
  private func namedTuple(
    _ julia: JLD2Type
  ) throws(CheckpointError) -> (names: [[UInt8]], types: [Int])? {
    guard julia.parameters.count == 2, let tuple = try types.type(at: julia.parameters[1]),
      let elements = try elements(of: tuple)
    else { return nil }
    if elements.isEmpty { return ([], []) }
    let header = try HDF5ObjectHeader(metadata, at: julia.parameters[0])
    guard header.isDataset else { return nil }
    let dataset = try HDF5Dataset(header, metadata)
    guard dataset.space.dimensions.isEmpty, !dataset.space.isNull,
      case .compound(let members) = dataset.type.kind,
      let range = dataset.plainRange(metadata.file)
    else { return nil }
    let data = try metadata.cursor(at: range.lowerBound, range.count, "names")
    var names: [[UInt8]] = []
    for member in members {
      var field = data
      try field.skip(member.offset, "name")
      var name = try field.part(member.type.size, "name")
      names.append(try keyName(member.type, &name) ?? [])
    }
    return names.count == elements.count ? (names, elements) : nil
  }

  /// The name of a type that is itself the value.
  private func typeOfValue(
    _ members: [HDF5Datatype.Member], _ data: HDF5Cursor
  ) throws(CheckpointError) -> String? {
    guard let name = members.first(where: { $0.name.elementsEqual("name".utf8) }),
      name.type.isText
    else { return nil }
    var field = data
    try field.skip(name.offset, "type")
    let type = JLD2Type(name: try name.type.text(&field, metadata), parameters: [])
    return type.function ?? type.shown
  }

  /// A value of a type without bytes: a function, `nothing`, a tuple of such.
  private mutating func addType(_ address: Int, _ task: Task) throws {
    guard address != 0, let type = try types.type(at: address) else {
      return try opaque("value without bytes", at: task.node)
    }
    if type.shortName == "Nothing" || type.shortName == "Void" {
      try builder.setLeaf(.value(.nothing), at: task.node)
      return
    }
    let fields: JLD2Fields
    if let types = try elements(of: type) {
      fields = JLD2Fields([], allTypes: types, names: nil)
      builder.setKind(.positional, of: task.node)
    } else if type.isNamedTuple, let (names, types) = try namedTuple(type) {
      fields = JLD2Fields([], allTypes: types, names: names)
    } else {
      return try opaque(type.function ?? type.shown, at: task.node)
    }
    let start = pending.count
    for (name, content) in fields.fields {
      let node = try builder.node(Name(name), under: task.node)
      if case .type(let address) = content {
        pending.append(Task(value: .type(address), node: node, inside: task.inside, isField: true))
      }
    }
    pending[start...].reverse()
  }
}
