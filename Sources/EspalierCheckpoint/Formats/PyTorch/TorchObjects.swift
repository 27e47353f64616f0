import EspalierTree

/// A tensor as a pickle describes it.
struct TorchTensor {
  var dtype: DType
  var shape: [Int]
  var strides: [Int]
  /// In elements.
  var offset: Int
  /// Nil for one without values.
  var storage: TorchStorage?
  var trainability: Trainability
  /// Why there are no values, or none that can be read as they lie.
  var absence: String?
}

/// A storage as a pickle names it.
struct TorchStorage {
  /// Nil for untyped storages, which count bytes.
  var dtype: DType?
  var key: [UInt8]
  /// Elements, or bytes of an untyped storage.
  var count: Int
  /// Of a part of another storage, where it begins: elements (files before 1.6).
  var offset = 0
}

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
  /// A call by the full name of what is called, and its arguments.
  func named(_ id: PickleID) -> (name: String, arguments: [PickleID])? {
    guard let call = call(id), let global = global(call.callable) else { return nil }
    return (String(decoding: global.fullName, as: UTF8.self), elements(call.arguments))
  }

  /// The tensor that an object is, parameters and subclasses unwrapped; nil for anything else.
  func tensor(_ id: PickleID) -> TorchTensor? {
    guard var (name, arguments) = named(id) else { return nil }
    var trainability = Trainability.unknown
    // Each step unwraps one layer; real files have one or two.
    for _ in 0..<8 {
      switch name {
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer":
        guard let first = arguments.first, let inner = named(first) else { return nil }
        if name.contains("arameter") {
          trainability = arguments.count > 1 && bool(arguments[1]) == false ? .frozen : .trainable
        }
        (name, arguments) = inner
      case "torch._utils._rebuild_device_tensor_from_cpu_tensor":
        guard let first = arguments.first, let inner = named(first) else { return nil }
        (name, arguments) = inner
      case "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type":
        guard arguments.count > 2, let function = global(arguments[0]) else { return nil }
        name = String(decoding: function.fullName, as: UTF8.self)
        arguments = elements(arguments[2])
      default: return rebuilt(name, arguments, trainability)
      }
    }
    return nil
  }

  private func rebuilt(
    _ name: String, _ arguments: [PickleID], _ trainability: Trainability
  ) -> TorchTensor? {
    switch name {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
      "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor":
      return strided(name, arguments, trainability)
    case "torch._utils._rebuild_meta_tensor_no_storage":
      guard arguments.count >= 3, let dtype = dtype(arguments[0]),
        let shape = integers(arguments[1]), let strides = integers(arguments[2])
      else { return nil }
      return TorchTensor(
        dtype: dtype, shape: shape, strides: strides, offset: 0, storage: nil,
        trainability: trainability, absence: "it is a meta tensor: PyTorch saved its shape only")
    case "torch._utils._rebuild_wrapper_subclass":
      // Class, type, shape, strides, offset…: a tensor whose values its class makes.
      guard arguments.count >= 4, let dtype = dtype(arguments[1]),
        let shape = integers(arguments[2]), let strides = integers(arguments[3])
      else { return nil }
      return TorchTensor(
        dtype: dtype, shape: shape, strides: strides, offset: 0, storage: nil,
        trainability: trainability, absence: "only its class knows how to make them")
    default: return nil
    }
  }

  private func strided(
    _ name: String, _ arguments: [PickleID], _ trainability: Trainability
  ) -> TorchTensor? {
    guard arguments.count >= 4, let storage = storage(arguments[0]),
      let offset = integer(arguments[1]), let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { return nil }
    let isThird = name.hasSuffix("v3")
    let given = isThird && arguments.count > 6 ? dtype(arguments[6]) : storage.dtype
    let (start, overflow) = offset.addingReportingOverflow(storage.offset)
    guard let given, !overflow else { return nil }
    let isQuantised = name.hasSuffix("qtensor")
    let requiresGrad = arguments.count > 4 && !isQuantised && bool(arguments[4]) == true
    let extra = isThird ? 7 : isQuantised ? 8 : 6
    let bits = arguments.count > extra ? arguments[extra] : nil
    let isDeferred = ["conj", "neg"].contains { key in
      bits.flatMap { value($0, key: key) }.flatMap { bool($0) } == true
    }
    return TorchTensor(
      dtype: given, shape: shape, strides: strides, offset: start, storage: storage,
      trainability: trainability == .unknown && requiresGrad ? .trainable : trainability,
      absence: isDeferred
        ? "it was saved with a conjugation or negation still to be done (resolve it in PyTorch)"
        : nil)
  }

  private func dtype(_ id: PickleID) -> DType? { global(id).flatMap { TorchDType.named($0.name) } }

  /// `('storage', torch.FloatStorage, '0', 'cpu', 12)`, and before 1.6 a sixth part: nil, or the part
  /// of the storage that is meant, as `(key, offset, count)`.
  func storage(_ id: PickleID) -> TorchStorage? {
    var id = id
    if let (name, arguments) = named(id), name == "torch.storage.TypedStorage",
      let first = arguments.first
    {
      id = first
    }
    guard let persistent = persistentID(id) else { return nil }
    let parts = elements(persistent)
    guard parts.count >= 5, text(parts[0]).map({ $0.elementsEqual("storage".utf8) }) == true,
      let type = global(parts[1]), let key = text(parts[2]), let count = integer(parts[4])
    else { return nil }
    var storage = TorchStorage(dtype: TorchDType.storage(type.name), key: key, count: count)
    if parts.count > 5 {
      let view = elements(parts[5])
      if view.count >= 3, let offset = integer(view[1]), let part = integer(view[2]) {
        storage.offset = offset
        storage.count = part
      }
    }
    return storage
  }

  func integers(_ id: PickleID) -> [Int]? {
    var id = id
    // torch.Size is a call around a tuple.
    if let (name, arguments) = named(id), name == "torch.Size", let first = arguments.first {
      id = first
    }
    guard kind(id) == .tuple || kind(id) == .list else { return nil }
    var result: [Int] = []
    for element in elements(id) {
      guard let value = integer(element) else { return nil }
      result.append(value)
    }
    return result
  }

  /// The items of a dictionary or of an object like one. Python 2 makes an `OrderedDict` from a list
  /// of pairs instead of filling it.
  func items(_ id: PickleID) -> [(key: PickleID, value: PickleID)] {
    let pairs = pairs(id)
    guard pairs.isEmpty, let (name, arguments) = named(id), name == "collections.OrderedDict",
      let first = arguments.first
    else { return pairs }
    if kind(first) == .dictionary { return self.pairs(first) }
    return elements(first).compactMap { pair in
      let parts = elements(pair)
      return parts.count == 2 ? (key: parts[0], value: parts[1]) : nil
    }
  }

  /// What a mere wrapper holds: TorchScript's typed lists, a parameter of something unusual.
  func unwrapped(_ id: PickleID) -> PickleID? {
    guard let (name, arguments) = named(id), let first = arguments.first else { return nil }
    let isTyped = name.hasPrefix("torch.jit._pickle.")
    let isParameter =
      name.hasPrefix("torch._utils._rebuild_parameter") || name == "torch.nn.parameter.Parameter"
    guard isParameter || isTyped && [.list, .dictionary, .tuple].contains(kind(first)) else {
      return nil
    }
    return first
  }

  /// Whether such a call makes one tensor of a storage, so that its arguments say nothing more.
  func isPlainTensor(_ type: [UInt8]) -> Bool {
    ["_rebuild_tensor", "_rebuild_qtensor", "_rebuild_meta"].contains {
      type.starts(with: "torch._utils.\($0)".utf8)
    }
  }

  /// Bytes of text or bytes.
  func contentCount(_ id: PickleID) -> Int { nodes[Int(id.index)].count }

  /// The class of an object, or what a call calls.
  func className(_ id: PickleID) -> PickleGlobal? {
    guard let call = call(id) else { return nil }
    guard let global = global(call.callable) ?? archivedClass(call.callable) else { return nil }
    // These make an instance of the class that is their argument.
    let makers = ["copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__"]
    let isArray = global.name.elementsEqual("_reconstruct".utf8)
    guard isArray || makers.contains(String(decoding: global.fullName, as: UTF8.self)),
      let first = elements(call.arguments).first
    else { return global }
    return self.global(first) ?? global
  }

  /// `('module', class, file, source)`: before 1.6, classes of modules were saved with their source.
  private func archivedClass(_ id: PickleID) -> PickleGlobal? {
    guard let persistent = persistentID(id) else { return nil }
    let parts = elements(persistent)
    guard parts.count >= 2, text(parts[0]).map({ $0.elementsEqual("module".utf8) }) == true else {
      return nil
    }
    return global(parts[1])
  }
}

/// Element types by the names that PyTorch has for them.
enum TorchDType {
  static func named(_ name: [UInt8]) -> DType? { names[String(decoding: name, as: UTF8.self)] }

  static func storage(_ name: [UInt8]) -> DType? {
    storages[String(decoding: name, as: UTF8.self)]
  }

  private static let names: [String: DType] = [
    "float64": .f64, "double": .f64, "float32": .f32, "float": .f32, "float16": .f16, "half": .f16,
    "bfloat16": .bf16, "int64": .i64, "long": .i64, "int32": .i32, "int": .i32, "int16": .i16,
    "short": .i16, "int8": .i8, "uint8": .u8, "uint16": .u16, "uint32": .u32, "uint64": .u64,
    "bool": .bool, "complex64": .c64, "cfloat": .c64, "complex128": .c128, "cdouble": .c128,
    "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2, "float8_e4m3fnuz": .f8e4m3fnuz,
    "float8_e5m2fnuz": .f8e5m2fnuz, "float8_e8m0fnu": .f8e8m0, "qint8": .qi8, "quint8": .qu8,
    "qint32": .qi32,
  ]

  private static let storages: [String: DType] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool, "ComplexFloatStorage": .c64,
    "ComplexDoubleStorage": .c128, "QInt8Storage": .qi8, "QUInt8Storage": .qu8,
    "QInt32Storage": .qi32, "Float8_e4m3fnStorage": .f8e4m3, "Float8_e5m2Storage": .f8e5m2,
  ]
}
