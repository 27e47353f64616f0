extension ModelSource {
  /// The model with new values for some of its arrays.
  ///
  /// Everything that can fail happens before the first change: values are read, converted arrays
  /// are made and put into new structs and containers. Then arrays with reference semantics are
  /// written, with what they held kept until the last one has succeeded, and at the end the
  /// properties of objects are set, which cannot fail. Hence all new values are in memory at
  /// once. As arrays are written in place their new values are freed and the old ones kept: the
  /// peak is twice the arrays that change, and one array more.
  ///
  /// - Parameters:
  ///   - leaves: array leaves of ``tree``; tied ones may be named more than once.
  ///   - values: a source with the same tree: what the arrays are to hold.
  /// - Returns: the model: the same object, or a new value where it is a value.
  /// - Throws: ``ModelError``, and what reading `values` throws. The model is unchanged then.
  public func updating(
    _ leaves: some Sequence<LeafID>, from values: any TensorSource,
    progress: ProgressMonitor = .none
  ) throws -> Any {
    var update = ModelUpdate(self)
    let chosen = leaves.filter { tree.kind(of: $0) == .array }
    try checkWritable(chosen)
    let total = chosen.reduce(0) { $0 + tree.byteCount(of: $1) }
    var done = 0
    for leaf in chosen {
      try update.stage(leaf, from: values)
      done += tree.byteCount(of: leaf)
      try progress.check(done, of: total)
    }
    let rebuilt = try update.rebuild()
    try update.writeReferences()
    for write in rebuilt.writes { write() }
    return rebuilt.model
  }

  /// Fails when a new array could not be put into the model.
  ///
  /// - Throws: ``ModelError/notWritable(_:_:)``.
  public func checkWritable(_ leaf: LeafID) throws { try checkWritable(CollectionOfOne(leaf)) }

  /// Fails when one of several new arrays could not be put into the model.
  ///
  /// - Throws: ``ModelError/notWritable(_:_:)`` for the first such leaf.
  public func checkWritable(_ leaves: some Sequence<LeafID>) throws {
    // What holds one array holds others: the way up from it is looked at once.
    var isKnown = ContiguousArray<Bool>(repeating: false, count: records.count)
    for leaf in leaves {
      guard let array = array(leaf), !type(of: array).modelArrayIsReference else { continue }
      var at = Int(recordOfLeaf[leaf.index])
      while records[at].parent >= 0, !isKnown[at] {
        isKnown[at] = true
        let parent = Int(records[at].parent)
        let form = form(of: parent)
        if let reason = readOnlyReason(records[at].step, form) {
          throw ModelError.notWritable(tree.path(of: leaf), reason)
        }
        if form.isObject { break }
        at = parent
      }
    }
  }

  private func readOnlyReason(
    _ step: ModelStep, _ form: ModelForm
  ) -> ModelError.ReadOnlyReason? {
    switch (step, form) {
    case (.field(let index), .fields(let fields, _, _)) where !fields[Int(index)].isSettable:
      return .letProperty(fields[Int(index)].name.description)
    case (.declared(let index), .declared(let children, _, _))
    where children[Int(index)].set == nil:
      return .readOnlyChild(children[Int(index)].name)
    case (.payload, .enumeration(let name)): return .enumPayload(name)
    default: return nil
    }
  }
}

extension ModelForm {
  /// Whether children are put into the same object, so that nothing above it changes.
  var isObject: Bool {
    switch self {
    case .declared(_, _, let isObject), .fields(_, _, let isObject): return isObject
    default: return false
    }
  }
}

/// New values on their way into a model.
private struct ModelUpdate {
  let source: ModelSource
  /// New values by record: first of arrays, then of what holds them.
  private var news: ContiguousArray<Any?>
  private var staged: ContiguousArray<Bool>
  /// For each record the first of the records in it that have new values, and for each of these the
  /// next; -1 where there is none.
  private var firstChange: ContiguousArray<Int32>
  private var nextChange: ContiguousArray<Int32>
  private var references: [(leaf: LeafID, array: any ModelArray, bytes: [UInt8])] = []
  private var written: [Int32: [LeafID]] = [:]

  private var tree: Tree { source.tree }

  init(_ source: ModelSource) {
    self.source = source
    let count = source.records.count
    news = ContiguousArray(repeating: nil, count: count)
    staged = ContiguousArray(repeating: false, count: count)
    firstChange = ContiguousArray(repeating: -1, count: count)
    nextChange = firstChange
  }

  // MARK: Reading the new values

  mutating func stage(_ leaf: LeafID, from values: any TensorSource) throws {
    let record = Int(source.recordOfLeaf[leaf.index])
    guard let array = source.array(leaf), !staged[record] else { return }
    staged[record] = true
    if type(of: array).modelArrayIsReference {
      guard isFirst(leaf) else { return }
      references.append((leaf, array, try bytes(of: leaf, from: values)))
    } else {
      news[record] = try written(array, try bytes(of: leaf, from: values), leaf)
    }
  }

  /// Whether no leaf before is the same array.
  private mutating func isFirst(_ leaf: LeafID) -> Bool {
    guard let storage = tree.array(leaf)?.storage else { return true }
    let before = written[storage.raw, default: []]
    written[storage.raw, default: []].append(leaf)
    return !before.contains { tree.isSameArray($0, leaf) }
  }

  private func bytes(of leaf: LeafID, from values: any TensorSource) throws -> [UInt8] {
    let bytes = try values.bytes(of: leaf)
    let expected = tree.byteCount(of: leaf)
    guard bytes.count == expected else {
      throw ModelError.sourceLength(
        tree.path(of: leaf), found: bytes.count, expected: expected)
    }
    return bytes
  }

  /// A copy of a value array with new elements.
  private func written(
    _ array: any ModelArray, _ bytes: [UInt8], _ leaf: LeafID
  ) throws -> any ModelArray {
    var copy = array
    do {
      try bytes.withUnsafeBytes { try copy.writeModelArray($0) }
    } catch {
      throw ModelError.array(tree.path(of: leaf), cause: error)
    }
    try check(copy, leaf)
    return copy
  }

  /// Writing must leave type and shape, and as many elements as they say.
  private func check(_ array: any ModelArray, _ leaf: LeafID) throws {
    guard let expected = tree.array(leaf) else { return }
    if array.modelArrayType != expected.dtype || array.modelArrayShape != expected.shape {
      throw ModelError.changed(
        tree.path(of: leaf), from: expected,
        to: ArrayDescription(array.modelArrayType, array.modelArrayShape))
    }
    let size = max(1, expected.dtype.bytesPerBlock)
    var reader = ModelArrayReader(
      array, tree: tree, leaf: leaf, from: max(0, tree.byteCount(of: leaf) - size))
    try withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) {
      _ = try reader.read(into: $0)
    }
  }

  // MARK: Values: from the arrays up

  /// New structs and containers around the new arrays, and what is to be set in objects.
  mutating func rebuild() throws -> (model: Any, writes: [() -> Void]) {
    var writes: [() -> Void] = []
    // Children stand behind their parents: backwards, everything below is done first.
    for index in source.records.indices.reversed() {
      if firstChange[index] >= 0 {
        let changes = takeChanges(of: index)
        let value = source.records[index].value
        let form = source.form(of: index)
        if form.isObject {
          guard form.accepts(changes) else { throw refused(index) }
          writes.append { _ = form.setting(changes, in: value) }
        } else {
          guard let new = form.setting(changes, in: value) else { throw refused(index) }
          news[index] = new
        }
      }
      guard news[index] != nil, let parent = parent(of: index) else { continue }
      nextChange[index] = firstChange[parent]
      firstChange[parent] = Int32(truncatingIfNeeded: index)
    }
    return (news.first.flatMap { $0 } ?? source.records.first?.value ?? (), writes)
  }

  private func parent(of record: Int) -> Int? {
    let parent = source.records[record].parent
    return parent < 0 ? nil : Int(parent)
  }

  /// What is new in a record, in walk order. It is handed on, so that nothing is held twice.
  private mutating func takeChanges(of record: Int) -> [ModelForm.Change] {
    var changes: [ModelForm.Change] = []
    var at = Int(firstChange[record])
    while at >= 0 {
      if let value = news[at] { changes.append((source.records[at].step, value)) }
      news[at] = nil
      at = Int(nextChange[at])
    }
    return changes
  }

  private func refused(_ record: Int) -> ModelError {
    .notWritable(
      path(of: record),
      .refused(parent: _typeName(type(of: source.records[record].value), qualified: false)))
  }

  /// The path of the first array below a record.
  private func path(of record: Int) -> TreePath {
    for leaf in tree.leafIDs {
      var at = Int(source.recordOfLeaf[leaf.index])
      while at > record { at = Int(source.records[at].parent) }
      if at == record { return tree.path(of: leaf) }
    }
    return .root
  }

  // MARK: References: in place, and back again when one fails

  mutating func writeReferences() throws {
    var undo: [(leaf: LeafID, array: any ModelArray, bytes: [UInt8])] = []
    for index in references.indices {
      let (leaf, array, bytes) = references[index]
      references[index].bytes = []
      do {
        undo.append((leaf, array, try source.bytes(of: leaf)))
        _ = try written(array, bytes, leaf)
      } catch {
        try restore(undo, after: error)
        throw error
      }
    }
  }

  private func restore(
    _ undo: [(leaf: LeafID, array: any ModelArray, bytes: [UInt8])], after cause: any Error
  ) throws {
    var lost: [TreePath] = []
    for (leaf, array, bytes) in undo.reversed() {
      var copy = array
      do {
        try bytes.withUnsafeBytes { try copy.writeModelArray($0) }
      } catch {
        lost.append(tree.path(of: leaf))
      }
    }
    if !lost.isEmpty { throw ModelError.notRestored(lost, cause: cause) }
  }
}
