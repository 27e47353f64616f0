import EspalierTree

/// A tensor as a pickle describes it.
struct TorchTensor {
  var dtype: DType
  var shape: [Int]
  var strides: [Int]
  /// In elements.
  var offset: Int
  var storage: TorchStorage?
  var trainability: Trainability
}

/// A storage as a pickle names it.
struct TorchStorage {
  /// Nil for untyped storages, which count bytes.
  var dtype: DType?
  var key: [UInt8]
  /// Elements, or bytes of an untyped storage.
  var count: Int
}

/// An array of numpy inside a pickle.
struct NumpyArray {
  var dtype: DType
  var shape: [Int]
  var isFortran: Bool
  var isBigEndian: Bool
  var bytes: [UInt8]
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
      guard arguments.count >= 4, let storage = storage(arguments[0]),
        let offset = integer(arguments[1]), let shape = integers(arguments[2]),
        let strides = integers(arguments[3])
      else { return nil }
      var dtype = storage.dtype
      if name.hasSuffix("v3"), arguments.count > 6, let given = global(arguments[6]) {
        dtype = TorchDType.named(given.name)
      }
      guard let dtype else { return nil }
      let requiresGrad = arguments.count > 4 && bool(arguments[4]) == true
      return TorchTensor(
        dtype: dtype, shape: shape, strides: strides, offset: offset, storage: storage,
        trainability: trainability == .unknown && requiresGrad ? .trainable : trainability)
    case "torch._utils._rebuild_meta_tensor_no_storage":
      guard arguments.count >= 3, let given = global(arguments[0]),
        let dtype = TorchDType.named(given.name), let shape = integers(arguments[1]),
        let strides = integers(arguments[2])
      else { return nil }
      return TorchTensor(
        dtype: dtype, shape: shape, strides: strides, offset: 0, storage: nil,
        trainability: trainability)
    default: return nil
    }
  }

  /// `('storage', torch.FloatStorage, '0', 'cpu', 12)`.
  func storage(_ id: PickleID) -> TorchStorage? {
    guard let persistent = persistentID(id) else { return nil }
    let parts = elements(persistent)
    guard parts.count >= 5, text(parts[0]).map({ $0.elementsEqual("storage".utf8) }) == true,
      let type = global(parts[1]), let key = text(parts[2]), let count = integer(parts[4])
    else { return nil }
    return TorchStorage(dtype: TorchDType.storage(type.name), key: key, count: count)
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

  /// The class of an object or what a call calls, by full name.
  func typeName(_ id: PickleID) -> [UInt8]? {
    call(id).flatMap { global($0.callable) }?.fullName
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
