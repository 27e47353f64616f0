import EspalierTree

/// Writes a PyTorch checkpoint: into a copy of the destination where that is one; else from nothing,
/// as nested dictionaries and lists of tensors, Booleans, numbers, text and `None`, which
/// `torch.load(weights_only=True)` accepts.
struct TorchWriter: CheckpointWriter {
  func holds(_ dtype: DType) -> Bool { TorchDType.writing[dtype] != nil }

  func losses(_ request: SaveRequest) throws -> [String] {
    try copy(request) == nil ? TorchDraft(request).losses : []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    if let copy = try copy(request) { return try copy.write() }
    let draft = try TorchDraft(request)
    let total = draft.pickle.count + draft.storages.reduce(0) { $0 &+ $1.byteCount }
    let output = try ZipMembers(request, total: total)
    do {
      try output.add(member("data.pkl"), draft.pickle)
      try output.add(member("byteorder"), Array("little".utf8))
      for (number, storage) in draft.storages.enumerated() {
        try output.add(member("data/\(number)"), storage.leaf, storage.byteCount)
      }
      try output.add(member("version"), Array("3\n".utf8))
      return SaveReport(
        format: PyTorch().name, files: [try output.finish()], arrays: draft.storages.count,
        losses: draft.losses)
    } catch {
      output.cancel()
      throw error
    }
  }

  private func copy(_ request: SaveRequest) throws -> PickledCopy? {
    guard request.destination?.format is PyTorch, CopyWriter.keepsFiles(request) else { return nil }
    return try PickledCopy(request)
  }

  private func member(_ name: String) -> [UInt8] { Array("archive/\(name)".utf8) }
}

/// The pickle of a checkpoint, and the storages that it names.
struct TorchDraft {
  struct Storage {
    var leaf: LeafID
    var byteCount: Int
  }

  private(set) var pickle: [UInt8] = []
  private(set) var storages: [Storage] = []
  private(set) var losses: [String] = []

  private let source: any TensorSource
  private let tree: Tree
  private let path: FilePath
  private let request: SaveRequest
  private var pen = PicklePen()
  private var once: StoredOnce
  /// The numbers of storages, by the arrays that fill them.
  private var stored: [LeafID: Int] = [:]
  private var skipped: [String] = []
  private var classes: [String] = []

  init(_ request: SaveRequest) throws {
    self.request = request
    source = request.source
    tree = request.source.tree
    path = request.path
    let (source, tree) = (source, tree)
    let saved = request.root.index..<tree.end(of: request.root)
    once = StoredOnce(
      tree,
      saved.lazy.compactMap { tree.leaf(at: NodeID(Int32(truncatingIfNeeded: $0))) }
        .filter { tree.kind(of: $0) == .array && source.hasValues($0) })
    if let leaf = tree.leaf(at: request.root), !tree.hasChildren(request.root), isKept(leaf) {
      try self.leaf(leaf)
    } else {
      try container(request.root, depth: 0)
    }
    pen.stop()
    pickle = pen.bytes
    losses = request.metadataLosses(in: "PyTorch") + once.losses
    if !skipped.isEmpty {
      losses.append(
        "\(skipped.count) leaves without values or without a Python form are left out: "
          + Self.list(skipped))
    }
    if !classes.isEmpty {
      losses.append(
        "\(classes.count) objects become plain dictionaries or lists, without their classes: "
          + Self.list(classes))
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
  }

  // MARK: Containers

  /// An entry of a container: a leaf, or a container of its own.
  private enum Entry {
    case leaf(LeafID)
    case container(NodeID)
  }

  private static let deepest = 200

  private mutating func container(_ node: NodeID, depth: Int) throws {
    guard depth < Self.deepest else {
      throw CheckpointError(
        .unsupported, file: path, place: tree.path(of: node).flatName.bytes,
        found: "containers nested deeper than \(Self.deepest)", expected: "fewer levels")
    }
    if let label = tree.label(of: node) {
      let path = tree.path(of: node)
      classes.append((path.isRoot ? "" : "\(path): ") + visibleText(label))
    }
    let entries = entries(of: node)
    let isList =
      tree.kind(of: node) == .positional
      && entries.enumerated().allSatisfy { $1.name.elementsEqual(String($0).utf8) }
    if isList { pen.emptyList() } else { pen.emptyDictionary() }
    pen.mark()
    for (name, entry) in entries {
      if !isList {
        pen.text(String(validating: name, as: UTF8.self) == nil ? NameText.encode(name) : name)
      }
      switch entry {
      case .leaf(let leaf): try self.leaf(leaf)
      case .container(let child): try container(child, depth: depth + 1)
      }
    }
    if isList { pen.appends() } else { pen.setItems() }
  }

  /// The entries of a container in walk order, names that separators divide put together again.
  private mutating func entries(of container: NodeID) -> [(name: [UInt8], entry: Entry)] {
    var found: [(name: [UInt8], entry: Entry)] = []
    var waiting = Array(tree.children(of: container)).reversed().map {
      ($0, tree.name(of: $0).bytes)
    }
    while let (node, name) = waiting.popLast() {
      if let leaf = tree.leaf(at: node) {
        if isKept(leaf) {
          found.append((name, .leaf(leaf)))
        } else {
          skipped.append(tree.path(of: leaf).description)
        }
      }
      let children = Array(tree.children(of: node))
      let isEmpty = children.isEmpty && tree.leaf(at: node) == nil
      if isEmpty || children.contains(where: { tree.joint(of: $0) == .level }) {
        found.append((name, .container(node)))
      }
      for child in children.reversed() where tree.joint(of: child) != .level {
        let separator = UInt8(ascii: tree.joint(of: child) == .slash ? "/" : ".")
        waiting.append((child, name + [separator] + tree.name(of: child).bytes))
      }
    }
    return found
  }

  private func isKept(_ leaf: LeafID) -> Bool {
    tree.kind(of: leaf) == .array ? source.hasValues(leaf) : tree.kind(of: leaf) != .opaque
  }

  // MARK: Leaves

  private mutating func leaf(_ leaf: LeafID) throws {
    guard tree.kind(of: leaf) == .array else { return value(tree.value(leaf) ?? .nothing) }
    let place = once.places[leaf] ?? StoredOnce.Place(base: leaf)
    let number = storage(of: place.base)
    let (dtype, shape) = (tree.dtype(of: leaf), tree.shape(of: leaf))
    guard let names = TorchDType.writing[dtype] else {
      throw request.unsupportedTypes(in: "PyTorch") { TorchDType.writing[$0] != nil }
    }
    let isTyped = names.storage != nil
    pen.global("torch._utils", isTyped ? "_rebuild_tensor_v2" : "_rebuild_tensor_v3")
    pen.mark()
    pen.mark()
    pen.text(Array("storage".utf8))
    if let storage = names.storage {
      pen.global("torch", storage)
    } else {
      pen.global("torch.storage", "UntypedStorage")
    }
    pen.text(Array(String(number).utf8))
    pen.text(Array("cpu".utf8))
    pen.integer(
      Int64(isTyped ? tree.elementCount(of: place.base) : tree.byteCount(of: place.base)))
    pen.tuple()
    pen.persistentID()
    let layout = place.layout ?? .row
    pen.integer(Int64(layout.offset()))
    integers(shape.dimensions)
    integers(layout.strides(for: shape))
    pen.bool(false)
    pen.global("collections", "OrderedDict")
    pen.emptyTuple()
    pen.reduce()
    if !isTyped { pen.global("torch", names.dtype) }
    pen.tuple()
    pen.reduce()
  }

  /// The number of the storage that an array fills.
  private mutating func storage(of leaf: LeafID) -> Int {
    if let number = stored[leaf] { return number }
    storages.append(Storage(leaf: leaf, byteCount: tree.byteCount(of: leaf)))
    stored[leaf] = storages.count - 1
    return storages.count - 1
  }

  private mutating func integers(_ values: [Int]) {
    pen.mark()
    for value in values { pen.integer(Int64(value)) }
    pen.tuple()
  }

  private mutating func value(_ value: LeafValue) {
    switch value {
    case .bool(let value): pen.bool(value)
    case .integer(let value): pen.integer(value)
    case .unsigned(let value): pen.unsigned(value)
    case .float(let value): pen.float(value)
    case .bigNumber(let digits): pen.text(Array(digits.utf8))
    case .text(let text):
      pen.text(String(validating: text, as: UTF8.self) == nil ? NameText.encode(text) : text)
    case .nothing, .opaque: pen.none()
    }
  }
}

extension TorchDType {
  /// The names under which PyTorch writes an element type; types that have no storage class of
  /// their own are written over untyped storages.
  static let writing: [DType: (storage: String?, dtype: String)] = [
    .f64: ("DoubleStorage", "float64"), .f32: ("FloatStorage", "float32"),
    .f16: ("HalfStorage", "float16"), .bf16: ("BFloat16Storage", "bfloat16"),
    .i64: ("LongStorage", "int64"), .i32: ("IntStorage", "int32"),
    .i16: ("ShortStorage", "int16"), .i8: ("CharStorage", "int8"), .u8: ("ByteStorage", "uint8"),
    .bool: ("BoolStorage", "bool"), .c64: ("ComplexFloatStorage", "complex64"),
    .c128: ("ComplexDoubleStorage", "complex128"), .u16: (nil, "uint16"), .u32: (nil, "uint32"),
    .u64: (nil, "uint64"), .f8e4m3: (nil, "float8_e4m3fn"), .f8e5m2: (nil, "float8_e5m2"),
    .f8e4m3fnuz: (nil, "float8_e4m3fnuz"), .f8e5m2fnuz: (nil, "float8_e5m2fnuz"),
    .f8e8m0: (nil, "float8_e8m0fnu"),
  ]
}
