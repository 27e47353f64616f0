/// A value to be written as BSON; lengths, keys and end bytes can be wrong on purpose.
indirect enum BSONValue {
  case null
  case bool(UInt8)
  case int(Int64)
  case text(String)
  case bytes([UInt8])
  case list([BSONValue])
  case document([(String, BSONValue)])
  /// Any element: its type, and its bytes.
  case raw(UInt8, [UInt8])

  var type: UInt8 {
    switch self {
    case .null: 10
    case .bool: 8
    case .int: 18
    case .text: 2
    case .bytes: 5
    case .list: 4
    case .document: 3
    case .raw(let type, _): type
    }
  }

  var content: [UInt8] {
    switch self {
    case .null: []
    case .bool(let byte): [byte]
    case .int(let number): littleEndian(number)
    case .text(let text): littleEndian(Int32(text.utf8.count + 1)) + Array(text.utf8) + [0]
    case .bytes(let bytes): littleEndian(Int32(bytes.count)) + [0] + bytes
    case .list(let items): Self.file(items.enumerated().map { ("\($0)", $1) })
    case .document(let pairs): Self.file(pairs)
    case .raw(_, let bytes): bytes
    }
  }

  static func file(_ pairs: [(String, BSONValue)]) -> [UInt8] {
    var body: [UInt8] = []
    for (key, value) in pairs { body += [value.type] + Array(key.utf8) + [0] + value.content }
    return littleEndian(Int32(body.count + 5)) + body + [0]
  }

  // MARK: Julia's values

  static func ref(_ number: Int64) -> BSONValue {
    .document([("tag", .text("backref")), ("ref", .int(number))])
  }

  static func type(_ name: String, _ parameters: [BSONValue] = []) -> BSONValue {
    .document([
      ("tag", .text("datatype")), ("params", .list(parameters)),
      ("name", .list(name.split(separator: ".").map { .text(String($0)) })),
    ])
  }

  static func structure(_ name: String, _ fields: [BSONValue]) -> BSONValue {
    .document([("tag", .text("struct")), ("type", type(name)), ("data", .list(fields))])
  }

  static func array(_ type: String, _ size: [Int64], _ data: BSONValue) -> BSONValue {
    .document([
      ("tag", .text("array")), ("type", self.type(type)),
      ("size", .list(size.map { .int($0) })), ("data", data),
    ])
  }
}

func littleEndian<I: FixedWidthInteger>(_ number: I) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
