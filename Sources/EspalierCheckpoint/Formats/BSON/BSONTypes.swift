import EspalierTree

/// A Julia type, as the file names it.
struct BSONType {
  var name: JuliaName
  var parameters: [BSONID] = []
  /// What its fields are called, where the file says so: of named tuples, and of functions that it
  /// defines itself.
  var fields: [[UInt8]]?

  static let unknown = BSONType(name: JuliaName(parts: ["type"]))

  var shown: String { name.shown }
}

/// Reads the types of values. What a type is defined by, up to the code of its methods, is passed over.
struct BSONTypes {
  let values: BSONValues
  private var known: [BSONID: BSONType] = [:]
  private static let nestingLimit = 16

  init(_ values: BSONValues) { self.values = values }

  /// What is no type is called “type”.
  mutating func type(_ id: BSONID) throws(CheckpointError) -> BSONType {
    let value = try values.resolve(id).value
    if let known = known[value] { return known }
    let type = try read(value)
    known[value] = type
    return type
  }

  private mutating func read(_ id: BSONID) throws(CheckpointError) -> BSONType {
    var value = id
    for _ in 0..<Self.nestingLimit {
      switch values.tag(value) {
      case .datatype: return try datatype(value)
      case .unionall: value = try values.part(value, "body")
      case .anonymous:
        let name = try values.part(value, "typename")
        if let known = known[name] { return known }
        known[name] = try function(name)
        return known[name] ?? .unknown
      case .ref: return BSONType(name: try name(value, "path"))
      case .bottom: return BSONType(name: JuliaName(parts: ["Union{}"]))
      case .structure:
        // A union of types, or a variable in the place of one.
        value = try values.part(value, "type")
      default: return .unknown
      }
    }
    return .unknown
  }

  private func datatype(_ id: BSONID) throws(CheckpointError) -> BSONType {
    var type = BSONType(name: try name(id, "name"), parameters: try parameters(id))
    type.fields = try names(ofNamedTuple: type)
    return type
  }

  /// Modules and a name in them.
  private func name(_ id: BSONID, _ key: String) throws(CheckpointError) -> JuliaName {
    var parts: [String] = []
    for part in try values.list(id, key).suffix(Self.mostModules) {
      parts.append(Self.short(try values.text(part) ?? []))
    }
    return JuliaName(parts: parts)
  }

  /// Names stand at every value of a type: a long one would cost its length each time.
  private static func short(_ name: [UInt8]) -> String {
    name.count <= 128
      ? String(decoding: name, as: UTF8.self)
      : String(decoding: name.prefix(128), as: UTF8.self) + "…"
  }

  private static let mostModules = 8

  /// Parameters that are nothing but numbers are written as an array of numbers: none that is needed.
  private func parameters(_ id: BSONID) throws(CheckpointError) -> [BSONID] {
    values.tag(try values.part(id, "params")) == .array ? [] : try values.list(id, "params")
  }

  /// The type of a function that the file defines: a version, its name, the names of its fields.
  private func function(_ id: BSONID) throws(CheckpointError) -> BSONType {
    var type = BSONType(name: JuliaName(parts: ["function"]))
    guard values.tag(id) == .structure else { return type }
    let parts = try values.list(id, "data")
    guard parts.count > 2, let name = try values.text(parts[1]) else { return type }
    type.name = JuliaName(parts: [Self.short(name)])
    let names = try values.resolve(parts[2]).value
    if values.tag(names) == .svec {
      var fields: [[UInt8]] = []
      for field in try values.list(names, "data") { fields.append(try values.text(field) ?? []) }
      type.fields = fields
    }
    return type
  }

  // MARK: Meaning

  /// The element type that stands for a Julia type; nil where none does.
  mutating func element(_ id: BSONID) throws(CheckpointError) -> DType? {
    let type = try type(id)
    if let dtype = Self.elements[type.shown] { return dtype }
    guard type.shown == "Complex", type.parameters.count == 1 else { return nil }
    switch try self.type(type.parameters[0]).shown {
    case "Float32": return .c64
    case "Float64": return .c128
    default: return nil
    }
  }

  private static let elements: [String: DType] = [
    "Bool": .bool, "Int8": .i8, "UInt8": .u8, "Int16": .i16, "UInt16": .u16, "Int32": .i32,
    "UInt32": .u32, "Int64": .i64, "UInt64": .u64, "Float16": .f16, "Float32": .f32,
    "Float64": .f64, "BFloat16": .bf16, "BFloat16s.BFloat16": .bf16,
  ]

  /// The names of a named tuple's fields.
  private func names(ofNamedTuple type: BSONType) throws(CheckpointError) -> [[UInt8]]? {
    guard type.shown == "NamedTuple", type.parameters.count == 2 else { return nil }
    let tuple = try values.resolve(type.parameters[0]).value
    guard values.tag(tuple) == .tuple else { return nil }
    var names: [[UInt8]] = []
    for name in try values.list(tuple, "data") {
      guard let text = try values.text(name) else { return nil }
      names.append(text)
    }
    return names
  }

  /// A type with its parameters, one level of them.
  mutating func words(_ id: BSONID) throws(CheckpointError) -> String {
    let type = try type(id)
    if let function = type.name.function { return function }
    var parameters: [String] = []
    for parameter in type.parameters.prefix(4) {
      let value = try values.resolve(parameter).value
      if let number = values.document.integer(value) {
        parameters.append("\(number)")
      } else if values.tag(value) != nil {
        parameters.append(try self.type(value).shown)
      }
    }
    return type.shown + (parameters.isEmpty ? "" : "{\(parameters.joined(separator: ", "))}")
  }
}
