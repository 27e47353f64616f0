import EspalierTree

/// What stands before the values of an `.npy` file: element type, shape and memory order.
struct NpyHeader {
  /// What the elements are.
  enum Element: Equatable {
    case plain(DType, isBigEndian: Bool)
    /// Pickled Python objects.
    case objects
    /// Fixed-size text, dates, records: shown, not read. With the size of one in bytes, where the type
    /// says it.
    case other(String)
  }

  var element: Element
  var shape: [Int]
  var isFortran: Bool
  /// Of the first value, from the start of the file.
  var dataOffset: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Structured types have long headers; numpy itself refuses more than 10,000 bytes by default.
  static let lengthLimit = 1 << 20

  /// - Parameter start: the file's beginning, at least ``prefixLength(_:)`` bytes where it has them.
  init(_ start: [UInt8], origin: ByteOrigin) throws(CheckpointError) {
    var cursor = ByteCursor(start, origin: origin)
    let magic = try cursor.read(6, field: "magic number")
    guard magic == Self.magic else {
      throw origin.error(
        .badHeader, at: 0, field: "magic number", found: "other bytes", expected: "0x93 NUMPY")
    }
    let version: UInt8 = try cursor.integer(field: "version")
    _ = try cursor.integer(UInt8.self, field: "version")
    guard (1...3).contains(version) else {
      throw origin.error(
        .unsupported, at: 6, field: "version", found: "\(version)", expected: "1, 2 or 3")
    }
    let length =
      version == 1
      ? try cursor.count(UInt16.self, field: "header length")
      : try cursor.count(UInt32.self, field: "header length")
    guard length <= Self.lengthLimit else {
      throw origin.error(
        .limitExceeded, at: 8, field: "header length", found: "\(length)",
        expected: "at most \(Self.lengthLimit)")
    }
    let textStart = cursor.position
    let text = try cursor.read(length, field: "header")
    dataOffset = cursor.position
    var reader = PythonLiteralReader(text)
    guard case .dictionary(let pairs)? = reader.readAll() else {
      throw origin.error(
        .badHeader, at: textStart + reader.position, field: "header",
        found: "text that is no Python dictionary", expected: "{'descr': …, 'shape': …}")
    }
    func value(_ key: String) -> PythonLiteral? { pairs[Array(key.utf8)] }
    func refuse(_ field: String, _ expected: String) -> CheckpointError {
      origin.error(
        .badHeader, at: textStart, field: field, found: "nothing of the kind", expected: expected)
    }
    guard case .bool(let fortran)? = value("fortran_order") else {
      throw refuse("fortran_order", "True or False")
    }
    guard case .sequence(let dimensions)? = value("shape") else {
      throw refuse("shape", "a tuple of numbers")
    }
    var shape: [Int] = []
    for dimension in dimensions {
      guard case .integer(let size) = dimension, size >= 0 else {
        throw refuse("shape", "a tuple of numbers that are not negative")
      }
      shape.append(size)
    }
    guard pairs.count == 3, let description = value("descr") else {
      throw refuse("descr", "an element type, and nothing besides shape and fortran_order")
    }
    self.shape = shape
    isFortran = fortran
    element = Self.element(description)
  }

  /// How many bytes of a file have to be read for its header; nil where these are too few to tell.
  static func prefixLength(_ start: [UInt8]) -> Int? {
    guard start.count >= 12 else { return nil }
    let two = Int(start[8]) | Int(start[9]) << 8
    if start[6] == 1 { return 10 + two }
    let four = two | Int(start[10]) << 16 | Int(start[11]) << 24
    return 12 + min(four, lengthLimit)
  }

  private static func element(_ description: PythonLiteral) -> Element {
    guard case .text(let code) = description else { return .other("records") }
    let text = String(decoding: code, as: UTF8.self)
    let kind = text.drop { "<>=|".contains($0) }
    if kind == "O" || kind.hasPrefix("O") && kind.dropFirst().allSatisfy(\.isNumber) {
      return .objects
    }
    if let type = NumpyDType.coded(text) {
      return .plain(type, isBigEndian: text.hasPrefix(">"))
    }
    return .other(text)
  }
}
