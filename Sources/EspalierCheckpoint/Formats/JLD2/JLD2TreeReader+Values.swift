import EspalierTree

/// Single values: structs, tuples, numbers, functions.
extension JLD2TreeReader {
  mutating func addElement(
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
    if let julia {
      try label(julia, task.node)
      if julia.julia.isOptimizer { builder.hide(task.node) }
    }
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
      if julia?.julia.isTrainingState(field: name) == true { builder.hide(node) }
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
  func fields(
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
  func elements(of julia: JLD2Type) throws(CheckpointError) -> [Int]? {
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
  func namedTuple(
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
  mutating func addType(_ address: Int, _ task: Task) throws {
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
