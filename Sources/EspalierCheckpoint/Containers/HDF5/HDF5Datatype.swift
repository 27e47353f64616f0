/// The type of a dataset's elements, as the file describes it.
struct HDF5Datatype: Sendable, Hashable {
  struct Member: Sendable, Hashable {
    var name: [UInt8]
    /// Bytes from the start of an element.
    var offset: Int
    var type: HDF5Datatype
  }

  struct FloatFormat: Sendable, Hashable {
    var signAt: Int
    var exponentAt: Int
    var exponentBits: Int
    var mantissaAt: Int
    var mantissaBits: Int
    var bias: Int
  }

  enum Kind: Sendable, Hashable {
    case integer(isSigned: Bool)
    case float(FloatFormat)
    case time
    /// `padding` is 0 for zero-terminated, 1 for zero-padded, 2 for space-padded.
    case text(padding: Int)
    case bits
    case opaque(tag: [UInt8])
    case compound([Member])
    /// 0 for objects, 1 for regions; others are newer.
    case reference(Int)
    case enumeration(base: [HDF5Datatype], names: [[UInt8]], values: [[UInt8]])
    case sequence(base: [HDF5Datatype])
    case variableText
    case array(dimensions: [Int], base: [HDF5Datatype])
    case complex(base: [HDF5Datatype])
  }

  var kind: Kind
  /// Bytes of an element.
  var size: Int
  var isBigEndian = false
  /// Whether bits fill the bytes exactly; padded numbers are shown but not read.
  var isFull = true
  /// The address of the committed type that this is, where it is one.
  var committed: Int?

  /// Structs in structs: Julia's models nest as deep as they are built.
  static let depthLimit = 64

  init(_ cursor: inout HDF5Cursor) throws(CheckpointError) { try self.init(&cursor, depth: 0) }

  private init(_ cursor: inout HDF5Cursor, depth: Int) throws(CheckpointError) {
    guard depth < Self.depthLimit else {
      throw cursor.error(
        .limitExceeded, "datatype", found: "more than \(Self.depthLimit) types in one another",
        expected: "at most that many")
    }
    let head = try cursor.u8("datatype")
    let version = Int(head >> 4)
    let flags = Int(truncatingIfNeeded: try cursor.unsigned(3, "datatype"))
    size = try cursor.u32("datatype size")
    kind = .time
    guard (1...5).contains(version) else {
      throw cursor.error(
        .unsupported, "datatype", found: "version \(version)", expected: "version 1 to 5")
    }
    guard size > 0 else {
      throw cursor.error(.badValue, "datatype size", found: "0 bytes", expected: "at least 1")
    }
    switch head & 15 {
    case 0, 4:
      isBigEndian = flags & 1 != 0
      let offset = try cursor.u16("datatype")
      let precision = try cursor.u16("datatype")
      isFull = offset == 0 && precision == size * 8
      kind = head & 15 == 4 ? .bits : .integer(isSigned: flags & 8 != 0)
    case 1: try readFloat(&cursor, flags)
    case 2: try cursor.skip(2, "datatype")
    case 3: kind = .text(padding: flags & 15)
    case 5:
      let tag = try cursor.read(flags & 0xff, "datatype")
      kind = .opaque(tag: Array(tag.prefix { $0 != 0 }))
    case 6: try readCompound(&cursor, version, count: flags & 0xffff, depth)
    case 7: kind = .reference(flags & 15)
    case 8: try readEnumeration(&cursor, version, count: flags & 0xffff, depth)
    case 9:
      let base = try Self(&cursor, depth: depth + 1)
      kind = flags & 15 == 1 ? .variableText : .sequence(base: [base])
    case 10: try readArray(&cursor, version, depth)
    case 11:
      let base = try Self(&cursor, depth: depth + 1)
      isBigEndian = base.isBigEndian
      try checkInside(cursor, 0, base.size * 2)
      kind = .complex(base: [base])
    default:
      throw cursor.error(
        .unsupported, "datatype", found: "class \(head & 15)", expected: "a class from 0 to 11")
    }
  }

  private mutating func readFloat(
    _ cursor: inout HDF5Cursor, _ flags: Int
  ) throws(CheckpointError) {
    isBigEndian = flags & 1 != 0
    let offset = try cursor.u16("datatype")
    let precision = try cursor.u16("datatype")
    // Bits 0 and 6 together are the byte order of the VAX.
    isFull = offset == 0 && precision == size * 8 && flags & 0x40 == 0
    let exponentAt = Int(try cursor.u8("datatype"))
    let exponentBits = Int(try cursor.u8("datatype"))
    let mantissaAt = Int(try cursor.u8("datatype"))
    let mantissaBits = Int(try cursor.u8("datatype"))
    kind = .float(
      FloatFormat(
        signAt: flags >> 8 & 0xff, exponentAt: exponentAt, exponentBits: exponentBits,
        mantissaAt: mantissaAt, mantissaBits: mantissaBits, bias: try cursor.u32("datatype")))
  }

  private mutating func readCompound(
    _ cursor: inout HDF5Cursor, _ version: Int, count: Int, _ depth: Int
  ) throws(CheckpointError) {
    var members: [Member] = []
    for _ in 0..<count {
      let name = try Self.name(&cursor, isPadded: version < 3)
      let width = version < 3 ? 4 : bytesNeeded(size)
      let offset = try cursor.count(width, "field offset")
      var repeats: [Int] = []
      if version == 1 {
        let rank = Int(try cursor.u8("field"))
        try cursor.skip(11, "field")
        for axis in 0..<4 {
          let dimension = try cursor.u32("field")
          if axis < rank { repeats.append(dimension) }
        }
      }
      var type = try Self(&cursor, depth: depth + 1)
      if !repeats.isEmpty { type = try Self.array(of: type, repeats, cursor) }
      try checkInside(cursor, offset, type.size)
      members.append(Member(name: name, offset: offset, type: type))
    }
    kind = .compound(members)
  }

  private mutating func readEnumeration(
    _ cursor: inout HDF5Cursor, _ version: Int, count: Int, _ depth: Int
  ) throws(CheckpointError) {
    let base = try Self(&cursor, depth: depth + 1)
    guard base.size == size else {
      throw cursor.error(
        .badValue, "datatype", found: "an enumeration of \(size) bytes over \(base.size)",
        expected: "equal sizes")
    }
    var names: [[UInt8]] = []
    for _ in 0..<count { names.append(try Self.name(&cursor, isPadded: version < 3)) }
    var values: [[UInt8]] = []
    for _ in 0..<count { values.append(try cursor.read(size, "datatype")) }
    isBigEndian = base.isBigEndian
    isFull = base.isFull
    kind = .enumeration(base: [base], names: names, values: values)
  }

  private mutating func readArray(
    _ cursor: inout HDF5Cursor, _ version: Int, _ depth: Int
  ) throws(CheckpointError) {
    let rank = Int(try cursor.u8("datatype"))
    if version < 3 { try cursor.skip(3, "datatype") }
    var dimensions: [Int] = []
    for _ in 0..<rank { dimensions.append(try cursor.u32("datatype")) }
    if version < 3 { try cursor.skip(4 * rank, "datatype") }
    let array = try Self.array(of: try Self(&cursor, depth: depth + 1), dimensions, cursor)
    guard array.size == size else {
      throw cursor.error(
        .badValue, "datatype size", found: "\(size) bytes", expected: "\(array.size)")
    }
    self = array
  }

  private static func array(
    of base: Self, _ dimensions: [Int], _ cursor: HDF5Cursor
  ) throws(CheckpointError) -> Self {
    var size = base.size
    for dimension in dimensions {
      let (next, overflow) = size.multipliedReportingOverflow(by: dimension)
      guard !overflow, next > 0, next <= Int(UInt32.max) else {
        throw cursor.error(
          .badValue, "datatype", found: "an array of \(dimensions) elements of \(base.size) bytes",
          expected: "at most \(UInt32.max) bytes")
      }
      size = next
    }
    var array = base
    array.kind = .array(dimensions: dimensions, base: [base])
    array.size = size
    array.committed = nil
    return array
  }

  private func checkInside(
    _ cursor: HDF5Cursor, _ offset: Int, _ count: Int
  ) throws(CheckpointError) {
    guard offset >= 0, count <= size, offset <= size - count else {
      throw cursor.error(
        .badValue, "datatype", found: "a part at byte \(offset) of \(count) bytes",
        expected: "one inside the \(size) bytes of an element")
    }
  }

  private static func name(
    _ cursor: inout HDF5Cursor, isPadded: Bool
  ) throws(CheckpointError) -> [UInt8] {
    let start = cursor.position
    let name = try cursor.text("name in a datatype")
    if isPadded {
      let padding = (8 - (cursor.position - start) % 8) % 8
      try cursor.skip(padding, "name in a datatype")
    }
    return name
  }
}

/// Bytes that hold numbers up to `limit`.
func bytesNeeded(_ limit: Int) -> Int {
  limit <= 0 ? 1 : (Int.bitWidth - limit.leadingZeroBitCount - 1) / 8 + 1
}
