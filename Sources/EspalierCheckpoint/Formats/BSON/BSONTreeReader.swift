import EspalierTree

/// Builds the tree that Julia had: structs, named tuples, tuples, dictionaries, arrays.
///
/// The walk keeps its own stack, cuts circles, and gives up on files whose references would unfold into
/// more than their size can hold.
struct BSONTreeReader {
  let document: BSONDocument
  let values: BSONValues
  var types: BSONTypes
  var builder = TreeBuilder()
  var contents: [Int32: BSONSource.Content] = [:]
  /// The first leaf of each array, by the value that it is in the file.
  var arrays: [BSONID: LeafID] = [:]
  var deviceArrays = 0
  private var longTexts: [BSONID: [UInt8]] = [:]

  /// Something that waits to become a node.
  struct Task {
    var value: BSONID
    var node: TreeBuilder.Handle
    /// Index in `trail` of the shared value that it is inside of; -1 for none.
    var inside: Int
  }

  var pending: [Task] = []
  /// Shared values on the way down, each with the one above: only they can hold themselves.
  private var trail: [(value: BSONID, above: Int)] = []
  private var taskCount = 0

  init(_ document: BSONDocument) throws(CheckpointError) {
    self.document = document
    values = BSONValues(document)
    types = BSONTypes(values)
  }

  mutating func read() throws -> OpenedContent {
    try addDictionary(document.root, Task(value: document.root, node: .root, inside: -1))
    while let task = pending.popLast() { try run(task) }
    let findings = try BSONFindings(values, types).all
    var content = OpenedContent(
      BSONSource(tree: builder.finish(), region: document.region, contents: contents),
      findings: findings)
    if deviceArrays > 0 {
      content.notes.append(
        "\(counted(deviceArrays, "array")) lay on a GPU when the file was written, which has no "
          + "values of them; move the model to the CPU before saving it")
    }
    return content
  }

  /// Counts work before it is done, so that values that unfold cost neither memory nor time.
  mutating func count(_ values: Int, at id: BSONID) throws(CheckpointError) {
    taskCount += values
    guard taskCount <= (1 << 20) + 4 * document.nodes.count else {
      throw document.error(
        .limitExceeded, at: id, "references", found: "more values than that",
        expected: "as many as a file of this size can hold",
        advice: "its values refer to each other over and over")
    }
  }

  private mutating func run(_ task: Task) throws {
    try count(1, at: task.value)
    var task = task
    let (value, isShared) = try values.resolve(task.value)
    task.value = value
    if isShared {
      var above = task.inside
      var steps = 0
      while above >= 0 {
        steps += 1
        if trail[above].value == value {
          return try opaque("reference to a value above", at: task.node)
        }
        above = trail[above].above
      }
      try count(steps / 16, at: value)
      trail.append((value, task.inside))
      task.inside = trail.count - 1
    }
    switch document.kind(value) {
    case .array: try addList(Array(document.children(value)), task)
    case .binary: try addBytes(task)
    case .document: try addDocument(task)
    default: try addScalar(task)
    }
  }

  private mutating func addDocument(_ task: Task) throws {
    switch values.tag(task.value) {
    case .array: try addArray(task)
    case .structure: try addStruct(task)
    case .tuple, .svec: try addList(try values.list(task.value, "data"), task)
    case .symbol:
      let name = try values.part(task.value, "name")
      try addScalar(Task(value: name, node: task.node, inside: task.inside))
    case .datatype, .unionall, .anonymous, .bottom, .ref:
      try opaque(try types.words(task.value), at: task.node)
    case .backref, nil: try addDictionary(task.value, task)
    }
  }

  // MARK: Containers

  /// Julia's dictionaries have no order of their own: entries stand in natural order.
  private mutating func addDictionary(_ dictionary: BSONID, _ task: Task) throws {
    try count(document.count(dictionary), at: dictionary)
    var entries: [(name: Name, value: BSONID)] = []
    for child in document.children(dictionary) {
      let name = Name(document.key(child))
      let isList = dictionary == document.root && document.kind(child) == .array
      if isList, name.bytes.elementsEqual(BSONValues.sharedKey.utf8) { continue }
      entries.append((name, child))
    }
    entries.sort { $0.name < $1.name }
    let start = pending.count
    for (name, value) in entries {
      let node = try builder.flatNode(name, under: task.node)
      pending.append(Task(value: value, node: node, inside: task.inside))
    }
    pending[start...].reverse()
  }

  /// Elements are numbered from 1, as Julia counts.
  mutating func addList(_ elements: [BSONID], _ task: Task) throws {
    try count(elements.count, at: task.value)
    builder.setKind(.positional, of: task.node)
    try addFields(elements, names: nil, task)
  }

  /// - Parameter names: as many as there are fields; nil to number them.
  mutating func addFields(_ fields: [BSONID], names: [[UInt8]]?, _ task: Task) throws {
    let start = pending.count
    for (index, field) in fields.enumerated() {
      let name = names.map { Name($0[index]) } ?? Name("\(index + 1)")
      let node = try builder.node(name, under: task.node)
      pending.append(Task(value: field, node: node, inside: task.inside))
    }
    pending[start...].reverse()
  }

  // MARK: Leaves

  private mutating func addScalar(_ task: Task) throws {
    let value: LeafValue
    switch document.kind(task.value) {
    case .bool: value = .bool(document.bool(task.value) ?? false)
    case .int32, .int64: value = .integer(document.integer(task.value) ?? 0)
    case .double: value = .float(document.double(task.value) ?? .nan)
    case .text:
      value =
        text(task.value).map { .text($0) }
        ?? .opaque(type: Array("text of \(byteCount(document.count(task.value)))".utf8))
    default: value = .nothing
    }
    try builder.setLeaf(.value(value), at: task.node)
  }

  /// A long text that several places refer to is held once.
  private mutating func text(_ id: BSONID) -> [UInt8]? {
    if let known = longTexts[id] { return known }
    let text = document.text(id).map { Array($0) }
    if let text, text.count > 256 { longTexts[id] = text }
    return text
  }

  mutating func opaque(_ words: String, at node: TreeBuilder.Handle) throws {
    try builder.setLeaf(.value(.opaque(type: Array(words.utf8))), at: node)
  }
}
