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

extension PickleDocument {
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

  /// Whether such a call makes one tensor of a storage, so that its arguments say nothing more.
  func isPlainTensor(_ type: [UInt8]) -> Bool {
    ["_rebuild_tensor", "_rebuild_qtensor", "_rebuild_meta"].contains {
      type.starts(with: "torch._utils.\($0)".utf8)
    }
  }

}
