/// What objects of a pickle are, as far as tensors and containers need it.
extension PickleDocument {
  /// A call by the full name of what is called, and its arguments.
  func named(_ id: PickleID) -> (name: String, arguments: [PickleID])? {
    guard let call = call(id), let global = global(call.callable) else { return nil }
    return (String(decoding: global.fullName, as: UTF8.self), elements(call.arguments))
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
