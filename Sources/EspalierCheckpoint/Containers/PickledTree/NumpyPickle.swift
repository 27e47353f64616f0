import EspalierTree

/// An array of numpy inside a pickle.
struct NumpyArray {
  var dtype: DType
  var shape: [Int]
  var isFortran: Bool
  var isBigEndian: Bool
  var bytes: Bytes

  enum Bytes {
    /// As they are, from the start of the file.
    case inFile(Range<Int>)
    case inMemory([UInt8])

    var count: Int {
      switch self {
      case .inFile(let range): range.count
      case .inMemory(let bytes): bytes.count
      }
    }
  }
}

extension PickleDocument {
  /// The numpy array (or scalar) that an object is; nil for anything else.
  func numpyArray(_ id: PickleID) -> NumpyArray? {
    guard let (name, arguments) = named(id) else { return nil }
    switch name {
    case "torch._utils._rebuild_device_tensor_from_numpy", "torch._utils._rebuild_xla_tensor":
      return arguments.first.flatMap { plainArray($0) }
    default: return plainArray(id)
    }
  }

  /// The elements of an object array, in C order.
  func numpyObjects(_ id: PickleID) -> (isScalar: Bool, elements: [PickleID])? {
    guard let (name, _) = named(id),
      ["numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"].contains(name),
      let state = state(id)
    else { return nil }
    let parts = elements(state)
    guard parts.count >= 5, kind(parts[4]) == .list, let shape = integers(parts[1]) else {
      return nil
    }
    return (shape.isEmpty, elements(parts[4]))
  }

  private func plainArray(_ id: PickleID) -> NumpyArray? {
    guard let (name, arguments) = named(id) else { return nil }
    switch name {
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
      guard let state = state(id) else { return nil }
      let parts = elements(state)
      guard parts.count >= 5, let shape = integers(parts[1]), let type = numpyType(parts[2]),
        let bytes = plainBytes(parts[4])
      else { return nil }
      return NumpyArray(
        dtype: type.dtype, shape: shape, isFortran: bool(parts[3]) ?? (integer(parts[3]) == 1),
        isBigEndian: type.isBigEndian, bytes: bytes)
    case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
      guard arguments.count >= 2, let type = numpyType(arguments[0]),
        let bytes = plainBytes(arguments[1])
      else { return nil }
      return NumpyArray(
        dtype: type.dtype, shape: [], isFortran: false, isBigEndian: type.isBigEndian, bytes: bytes)
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      guard arguments.count >= 4, let bytes = plainBytes(arguments[0]),
        let type = numpyType(arguments[1]), let shape = integers(arguments[2])
      else { return nil }
      let order = text(arguments[3]) ?? []
      return NumpyArray(
        dtype: type.dtype, shape: shape, isFortran: order.elementsEqual("F".utf8),
        isBigEndian: type.isBigEndian, bytes: bytes)
    default: return nil
    }
  }

  /// `numpy.dtype('f4', …)` with a state that begins `(3, '<', …)`.
  private func numpyType(_ id: PickleID) -> (dtype: DType, isBigEndian: Bool)? {
    guard let (name, arguments) = named(id),
      name == "numpy.dtype" || name.hasPrefix("numpy.dtypes"),
      let first = arguments.first, let code = text(first),
      let dtype = NumpyDType.coded(String(decoding: code, as: UTF8.self))
    else { return nil }
    let parts = state(id).map { elements($0) } ?? []
    let order = parts.count > 1 ? text(parts[1]) ?? [] : []
    return (dtype, order.elementsEqual(">".utf8))
  }

  /// Bytes as they are, or as protocol 2 spells them: `_codecs.encode(text, 'latin1')`.
  private func plainBytes(_ id: PickleID) -> NumpyArray.Bytes? {
    switch kind(id) {
    case .bytes, .byteArray, .legacyString:
      return fileRange(id).map { .inFile($0) } ?? bytes(id).map { .inMemory($0) }
    default: break
    }
    guard let (name, arguments) = named(id) else { return nil }
    if name.hasSuffix(".bytes") || name.hasSuffix(".bytearray"), arguments.isEmpty {
      return .inMemory([])
    }
    guard name == "_codecs.encode", let first = arguments.first, let text = text(first) else {
      return nil
    }
    return PickleText.latin1(text).map { .inMemory($0) }
  }
}

extension PickleText {
  /// Text whose characters are bytes, as those bytes; nil for any other.
  static func latin1(_ text: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      let byte = text[index]
      if byte < 0x80 {
        result.append(byte)
        index += 1
      } else if byte & 0xfc == 0xc0, index + 1 < text.count, text[index + 1] & 0xc0 == 0x80 {
        result.append((byte & 3) << 6 | text[index + 1] & 0x3f)
        index += 2
      } else {
        return nil
      }
    }
    return result
  }
}

/// Element types by numpy's codes.
enum NumpyDType {
  static func coded(_ code: String) -> DType? {
    codes[String(code.drop { "<>=|".contains($0) })]
  }

  private static let codes: [String: DType] = [
    "b1": .bool, "?": .bool, "u1": .u8, "i1": .i8, "u2": .u16, "i2": .i16, "u4": .u32, "i4": .i32,
    "u8": .u64, "i8": .i64, "f2": .f16, "f4": .f32, "f8": .f64, "c8": .c64, "c16": .c128,
    "bfloat16": .bf16,
  ]
}
