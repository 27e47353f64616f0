/// A branch, a wrapper or an array of a model, and how its parent takes a new one back.
struct ModelRecord {
  let value: Any
  /// The record that holds this one; -1 for the model itself.
  let parent: Int32
  /// The number of its type's form.
  let form: Int32
  let step: ModelStep
}

/// From a parent's value to a child's.
enum ModelStep {
  case root
  /// Index of a stored field, of a declared child, of an element.
  case field(Int32)
  case declared(Int32)
  case element(Int32)
  indirect case key(AnyHashable)
  /// Into an optional, or into the case of an enum: no level of the key path.
  case wrapped
  case payload
}

/// The walk over a model's values: builds its tree, and remembers where each array came from.
///
/// Iterative: a chain of a million objects costs memory, not stack, and is refused by the tree's
/// limit on depth.
struct ModelWalk {
  /// More nodes than this are refused: objects that share objects multiply at every level.
  static let defaultMaximumNodes = 1 << 22

  let maximumNodes: Int
  private(set) var builder = TreeBuilder()
  private(set) var records = ContiguousArray<ModelRecord>()
  /// For each leaf in order: the record of its array, -1 for other leaves.
  private(set) var recordOfLeaf = ContiguousArray<Int32>()
  private(set) var forms = FormTable()
  private var frames: [Frame] = []
  /// The objects that the walk is inside of.
  private var ancestors: Set<ObjectIdentifier> = []
  private var owners: [Owner] = []
  private var ownedArrays: [OwnedArray: (storage: StorageID, record: Int32)] = [:]
  private var storages: [ObjectIdentifier: StorageID] = [:]
  /// Keeps identities valid while the walk's results are used.
  private(set) var storageObjects: [AnyObject] = []
  private var storageCount: Int32 = 0

  /// A visit to an object. The arrays that it holds by value are its own memory: at a second
  /// place of the same object they are tied, in the order in which the walk meets them.
  private struct Owner {
    let object: ObjectIdentifier
    var arrays = 0
  }
  private struct OwnedArray: Hashable {
    let object: ObjectIdentifier
    let ordinal: Int
  }

  private struct Frame {
    let record: Int32
    let node: TreeBuilder.Handle
    let children: ModelChildren
    let count: Int
    var next = 0
    let object: ObjectIdentifier?
    let owner: Int32
    let trainability: Trainability
  }

  /// A value on its way into the tree.
  private struct Visit {
    var value: Any
    var parent: Int32
    var step: ModelStep
    let node: TreeBuilder.Handle
    let owner: Int32
    let trainability: Trainability
    /// Known once it has been looked at.
    var form: Int32 = -1
  }

  init(maximumNodes: Int = defaultMaximumNodes) { self.maximumNodes = maximumNodes }

  mutating func run(_ model: Any) throws {
    try enter(
      Visit(
        value: model, parent: -1, step: .root, node: .root, owner: -1, trainability: .unknown))
    while let top = frames.indices.last {
      let index = frames[top].next
      guard index < frames[top].count else {
        if let object = frames.removeLast().object { ancestors.remove(object) }
        continue
      }
      frames[top].next += 1
      try enterChild(index, of: top)
    }
  }

  private mutating func enterChild(_ index: Int, of top: Int) throws {
    let child = frames[top].children[index]
    let parent = frames[top].node
    let before = builder.nodes.count
    let node: TreeBuilder.Handle
    switch child.name {
    case .index: node = try builder.node(at: index, under: parent)
    case .key(let name):
      // A dictionary may be a state dict: its keys divide at dots, like a file's names.
      node = try builder.flatNode(name, under: parent)
    case .property(let name):
      node = try builder.node(name, under: parent)
      guard builder.nodes.count > before else {
        throw TreeError.duplicate(builder.path(of: node))
      }
    }
    guard builder.nodes.count <= maximumNodes else {
      throw ModelError.tooManyNodes(limit: maximumNodes)
    }
    try enter(
      Visit(
        value: child.value, parent: frames[top].record, step: child.step, node: node,
        owner: frames[top].owner,
        trainability: child.trainability ?? frames[top].trainability))
  }

  /// Makes a value a leaf, or a branch whose children are visited next.
  private mutating func enter(_ first: Visit) throws {
    var visit = first
    while true {
      visit.form = forms.number(of: type(of: visit.value))
      switch forms[visit.form] {
      case .array(let seen):
        if let array = seen(visit.value) { try addArray(array, visit) }
        return
      case .scalar: return try addLeaf(LeafValue(scalar: visit.value), visit)
      case .opaque(let type): return try addLeaf(.opaque(type: type), visit)
      case .wrapper(let type):
        let wrapper = visit.value as? any TransparentWrapper
        guard let inner = wrapper?.wrapped else { return try addLeaf(type.emptyLeaf, visit) }
        visit = try inside(visit, inner, .wrapped)
      case .enumeration(let name):
        guard let payload = Mirror(reflecting: visit.value).children.first?.value else {
          return try addLeaf(.opaque(type: Self.caseName(visit.value, of: name)), visit)
        }
        visit = try inside(visit, payload, .payload)
      case .declared(let children, let label, let isObject):
        return try open(
          visit, .declared(children, visit.value, frozen: visit.trainability == .frozen),
          label: label, isObject: isObject)
      case .fields(let fields, let label, let isObject):
        return try open(
          visit, .fields(fields, FieldReflection.values(of: fields, in: visit.value)),
          label: label, isObject: isObject)
      case .elements:
        guard let elements = visit.value as? any ElementContainer else { return }
        return try open(visit, .elements(elements))
      case .dictionary:
        guard let dictionary = visit.value as? any KeyedContainer else { return }
        return try open(visit, .keyed(dictionary.namedChildren))
      }
    }
  }

  private mutating func inside(_ visit: Visit, _ value: Any, _ step: ModelStep) throws -> Visit {
    var inner = visit
    inner.parent = try append(visit)
    inner.value = value
    inner.step = step
    return inner
  }

  private mutating func open(
    _ visit: Visit, _ children: ModelChildren, label: [UInt8]? = nil, isObject: Bool = false
  ) throws {
    var object: ObjectIdentifier?
    var owner = visit.owner
    if isObject {
      let id = ObjectIdentifier(visit.value as AnyObject)
      guard ancestors.insert(id).inserted else {
        throw TreeError.cycle(at: builder.path(of: visit.node))
      }
      object = id
      owner = Int32(truncatingIfNeeded: owners.count)
      owners.append(Owner(object: id))
    }
    if children.isPositional { builder.setKind(.positional, of: visit.node) }
    if let label { builder.setLabel(label, of: visit.node) }
    frames.append(
      Frame(
        record: try append(visit), node: visit.node, children: children, count: children.count,
        object: object, owner: owner, trainability: visit.trainability))
  }

  private mutating func append(_ visit: Visit) throws -> Int32 {
    // Wrappers in wrappers add records without nodes.
    guard records.count < 4 * maximumNodes else {
      throw ModelError.tooManyNodes(limit: maximumNodes)
    }
    records.append(
      ModelRecord(value: visit.value, parent: visit.parent, form: visit.form, step: visit.step))
    return Int32(truncatingIfNeeded: records.count - 1)
  }

  private mutating func addLeaf(_ value: LeafValue, _ visit: Visit) throws {
    try builder.setLeaf(.value(value), at: visit.node)
    recordOfLeaf.append(-1)
  }

  private mutating func addArray(_ array: any ModelArray, _ visit: Visit) throws {
    var record = try append(visit)
    var storage: StorageID?
    if let object = array.modelArrayStorage {
      storage = storageID(of: object)
    } else if visit.owner >= 0, !type(of: array).modelArrayIsReference {
      (storage, record) = owned(by: Int(visit.owner), record: record)
    }
    try builder.setArray(
      ArrayDescription(
        array.modelArrayType, array.modelArrayShape, layout: array.modelArrayLayout,
        storage: storage, trainability: visit.trainability), at: visit.node)
    recordOfLeaf.append(record)
  }

  private mutating func storageID(of object: AnyObject) -> StorageID {
    let key = ObjectIdentifier(object)
    if let known = storages[key] { return known }
    let id = newStorage()
    storages[key] = id
    storageObjects.append(object)
    return id
  }

  private mutating func owned(by owner: Int, record: Int32) -> (StorageID, Int32) {
    let key = OwnedArray(object: owners[owner].object, ordinal: owners[owner].arrays)
    owners[owner].arrays += 1
    if let known = ownedArrays[key] { return known }
    let new = (storage: newStorage(), record: record)
    ownedArrays[key] = new
    return new
  }

  private mutating func newStorage() -> StorageID {
    defer { storageCount += 1 }
    return StorageID(storageCount)
  }

  private static func caseName(_ value: Any, of type: String) -> [UInt8] {
    let plain = !(value is any CustomStringConvertible || value is any CustomReflectable)
    return Array((plain ? "\(type).\(value)" : type).utf8)
  }
}
