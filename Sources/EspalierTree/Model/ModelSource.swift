/// A Swift model as a tree with values: what a load reads from, and loads into.
///
/// Making one looks at the whole structure and at no element. Values are read from the model's
/// arrays when they are asked for; arrays with reference semantics show what they hold then, the
/// others what they held when the source was made.
///
/// - Important: A source may be handed to another thread, but it reads the model's own objects:
///   nothing else may change them in the meantime.
public final class ModelSource: TensorSource, @unchecked Sendable {
  /// The model's structure, in the order of its children.
  public let tree: Tree
  let records: ContiguousArray<ModelRecord>
  let recordOfLeaf: ContiguousArray<Int32>
  let forms: FormTable
  private let storageObjects: [AnyObject]

  /// - Parameter model: any value: a struct, an object, a tuple, an array, a dictionary.
  /// - Throws: ``TreeError`` for a cycle, a tree that is too deep, a shape without an element
  ///   count, two children with one name; ``ModelError/tooManyNodes(limit:)``.
  public init(_ model: Any) throws {
    var walk = ModelWalk()
    try walk.run(model)
    records = walk.records
    recordOfLeaf = walk.recordOfLeaf
    forms = walk.forms
    storageObjects = walk.storageObjects
    tree = walk.builder.finish()
  }

  public func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let array = array(leaf) else {
      throw NoValues(tree.path(of: leaf), reason: "it is not an array")
    }
    return ModelArrayReader(array, tree: tree, leaf: leaf)
  }

  func array(_ leaf: LeafID) -> (any ModelArray)? {
    let record = Int(recordOfLeaf[leaf.index])
    guard record >= 0, case .array(let seen) = form(of: record) else { return nil }
    return seen(records[record].value)
  }

  func form(of record: Int) -> ModelForm { forms[records[record].form] }
}

/// Reads an array of a model, and does not believe what it says of its size.
struct ModelArrayReader: TensorReader {
  private let array: any ModelArray
  private let tree: Tree
  private let leaf: LeafID
  private let total: Int
  private let itemSize: Int
  private var position: Int
  private var isChecked = false

  /// - Parameter start: bytes to skip.
  init(_ array: any ModelArray, tree: Tree, leaf: LeafID, from start: Int = 0) {
    position = start
    self.array = array
    self.tree = tree
    self.leaf = leaf
    total = tree.byteCount(of: leaf)
    itemSize = max(1, tree.dtype(of: leaf).bytesPerBlock)
  }

  var remainingBytes: Int? { total - position }

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let wanted = min(buffer.count, total - position)
    var done = 0
    while done < wanted {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<wanted])
      let count = try fill(rest)
      guard count > 0, count <= rest.count, count % itemSize == 0 else {
        throw wrongCount(.exactly((position + max(0, min(count, rest.count))) / itemSize))
      }
      done += count
      position += count
    }
    if position == total, !isChecked { try checkEnd() }
    return done
  }

  /// Behind the last element there must be nothing.
  private mutating func checkEnd() throws {
    isChecked = true
    let extra = try withUnsafeTemporaryAllocation(byteCount: itemSize, alignment: 16) {
      try fill($0)
    }
    if extra != 0 { throw wrongCount(.moreThanExpected) }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    do {
      return try array.readModelArray(into: buffer, from: position)
    } catch {
      throw ModelError.array(tree.path(of: leaf), cause: error)
    }
  }

  private func wrongCount(_ found: ModelError.ElementCount) -> ModelError {
    .elementCount(tree.path(of: leaf), found: found, expected: tree.elementCount(of: leaf))
  }
}
