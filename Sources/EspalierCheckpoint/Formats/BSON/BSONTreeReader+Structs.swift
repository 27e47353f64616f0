import EspalierTree

/// Structs, and what Julia keeps as structs: numbers of other sizes, named tuples, lists of parameters.
extension BSONTreeReader {
  mutating func addStruct(_ task: Task) throws {
    let typeID = try values.part(task.value, "type")
    let type = try types.type(typeID)
    let data = try values.part(task.value, "data")
    if document.kind(data) == .binary { return try addPrimitive(typeID, data, task) }
    let fields = try values.list(task.value, "data")
    if type.shown == "Nothing" || type.shown == "Void" {
      try builder.setLeaf(.value(.nothing), at: task.node)
    } else if fields.isEmpty, type.shown != "NamedTuple" {
      try opaque(try types.words(typeID), at: task.node)
    } else if try addWrapped(type, fields, task) {
      return
    } else {
      try addNamed(type, fields, task)
    }
  }

  private mutating func addNamed(_ type: BSONType, _ fields: [BSONID], _ task: Task) throws {
    try count(fields.count, at: task.value)
    var names = type.fields
    if names == nil {
      builder.setLabel(type.shown.utf8, of: task.node)
      names = JuliaFields.names(type.shown, count: fields.count)?.map { Array($0.utf8) }
    }
    // Names that do not fit the fields are not believed.
    if let known = names, known.count != fields.count || Set(known).count != known.count {
      names = nil
    }
    if names == nil { builder.setKind(.positional, of: task.node) }
    if type.name.isOptimizer { builder.hide(task.node) }
    try addFields(fields, names: names, task)
    for name in names ?? [] where type.name.isTrainingState(field: name) {
      builder.hide(try builder.node(Name(name), under: task.node))
    }
  }

  /// A value of a type of so many bits.
  private mutating func addPrimitive(_ type: BSONID, _ data: BSONID, _ task: Task) throws {
    guard let dtype = try types.element(type), let range = document.range(data),
      range.count == dtype.bytesPerBlock,
      let value = LeafValue(
        dtype, littleEndian: try document.region.read(at: range.lowerBound, count: range.count))
    else { return try opaque(try types.words(type), at: task.node) }
    try builder.setLeaf(.value(value), at: task.node)
  }

  /// Structs that stand for something else; false where this is none.
  private mutating func addWrapped(
    _ type: BSONType, _ fields: [BSONID], _ task: Task
  ) throws -> Bool {
    if type.name.isDictionary, fields.count == 2 {
      return try addDictionary(type, keys: fields[0], fields[1], task)
    }
    switch type.shown {
    case "LinearAlgebra.Transpose", "LinearAlgebra.Adjoint":
      return try fields.count == 1 && addTransposed(type, of: fields[0], task)
    case "CUDA.CuArray", "CuArrays.CuArray", "AMDGPU.ROCArray", "Metal.MtlArray", "oneAPI.oneArray":
      return try addDeviceArray(type, fields, task)
    case "Zygote.Params", "Tracker.Params":
      // An ordered list, and the same as a set.
      guard let list = try parameterList(fields[0]) else { return false }
      builder.setLabel(type.shown.utf8, of: task.node)
      try addList(list, task)
      return true
    default: return false
    }
  }

  private func parameterList(_ order: BSONID) throws -> [BSONID]? {
    var list = try values.resolve(order).value
    if values.tag(list) == .structure, let first = try values.first(list, "data") {
      list = try values.resolve(first).value
    }
    return document.kind(list) == .array ? Array(document.children(list)) : nil
  }
}
