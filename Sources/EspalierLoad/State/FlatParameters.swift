import EspalierTree

/// The element of a flat vector of parameters.
public protocol FlatElement: BitwiseCopyable, Sendable {
  /// The element type of the flat vector.
  static var dtype: DType { get }
  /// What stands where an array has no value yet.
  static var zero: Self { get }
}

extension Float: FlatElement {
  public static var dtype: DType { .f32 }
}
extension Double: FlatElement {
  public static var dtype: DType { .f64 }
}

/// Where each array of a model lies in one flat vector: walk order, tied arrays once.
public struct FlatParameters: Sendable {
  /// The place of one array in the flat vector.
  public struct Part: Sendable, Hashable {
    /// The array, at the first of its paths.
    public let leaf: LeafID
    /// The elements of the vector, in C order of the array's shape.
    public let range: Range<Int>
  }

  /// The tree of the model that was flattened.
  public let tree: Tree
  /// The arrays in walk order, each tied array once.
  public let parts: [Part]
  /// The length of the vector.
  public let count: Int

  /// - Parameter trainableOnly: leaves out arrays that the model says are not trained.
  /// - Throws: ``NotFlat`` for an array whose elements are no real numbers.
  public init(of tree: Tree, trainableOnly: Bool = false) throws {
    var parts: [Part] = []
    var end = 0
    for index in 0..<tree.nodeCount {
      guard let leaf = tree.leaf(at: NodeID(Int32(truncatingIfNeeded: index))),
        tree.kind(of: leaf) == .array, !tree.isRepeat(leaf),
        !trainableOnly || tree.trainability(of: leaf) != .frozen
      else { continue }
      let dtype = tree.dtype(of: leaf)
      guard dtype.isConvertible, dtype.kind != .complex else {
        throw NotFlat(path: tree.path(of: leaf), dtype: dtype)
      }
      let (next, overflow) = end.addingReportingOverflow(tree.elementCount(of: leaf))
      guard !overflow else { throw TreeError.tooLarge }
      parts.append(Part(leaf: leaf, range: end..<next))
      end = next
    }
    self.tree = tree
    self.parts = parts
    count = end
  }
}

/// All parameters of a model as one vector in walk order, each tied array once.
///
/// - Parameters:
///   - trainableOnly: leaves out arrays that the model says are not trained.
/// - Returns: the vector, and what `restructure` needs to go back.
/// - Throws: ``FlatParameters/NotFlat``, and what reading throws.
public func destructure<Element: FlatElement>(
  _ model: any TensorSource, as type: Element.Type = Float.self, trainableOnly: Bool = false
) throws -> (vector: [Element], parameters: FlatParameters) {
  let parameters = try FlatParameters(of: model.tree, trainableOnly: trainableOnly)
  var vector: [Element] = []
  for part in parameters.parts {
    let dtype = model.tree.dtype(of: part.leaf)
    var reader = exactly(
      model.tree.byteCount(of: part.leaf), try model.reader(for: part.leaf),
      path: model.tree.path(of: part.leaf), side: "model")
    if dtype != Element.dtype {
      reader = ConvertingReader(
        reader, from: dtype, to: Element.dtype, elements: part.range.count)
    }
    try append(&reader, part.range.count, to: &vector)
  }
  return (vector, parameters)
}

private func append<Element: FlatElement>(
  _ reader: inout any TensorReader, _ count: Int, to vector: inout [Element]
) throws {
  let start = vector.count
  // Grown as values arrive, not by what the shape claims.
  while vector.count - start < count {
    let piece = min(count - (vector.count - start), 1 << 18)
    let at = vector.count
    vector.append(contentsOf: repeatElement(Element.zero, count: piece))
    try vector.withUnsafeMutableBytes { bytes in
      let size = MemoryLayout<Element>.size
      var done = at * size
      while done < bytes.count {
        let read = try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[done...]))
        guard read > 0 else { throw SequentialStorage.EndOfValues() }
        done += read
      }
    }
  }
}

extension FlatParameters {
  /// The model with the vector's values: the way back from `destructure`.
  ///
  /// Values are converted to the model's element types; ties stay; what the vector does not hold
  /// stays as `model` has it.
  ///
  /// - Parameter vector: exactly ``count`` elements.
  /// - Throws: ``WrongLength``.
  public func restructure<Element: FlatElement>(
    _ vector: [Element], into model: any TensorSource
  ) throws -> LoadedSource {
    guard vector.count == count else { throw WrongLength(found: vector.count, expected: count) }
    var ranges: [LeafID: Range<Int>] = [:]
    for part in parts { ranges[part.leaf] = part.range }
    let (flat, origins) = try tree.mapLeaves { leaf in
      guard ranges[leaf] != nil else { return .value(.nothing) }
      return .array(ArrayDescription(Element.dtype, tree.shape(of: leaf)))
    }
    let source = VectorSource(tree: flat, vector: vector, ranges: origins.map { ranges[$0] })
    let plan = try LoadPlan(
      Alignment(model.tree, flat), mode: .strict, options: LoadOptions(nothingKeeps: true),
      destination: model, source: source)
    return try LoadedSource(plan, destination: model, source: source)
  }

  /// A vector of another length than the model's parameters have together.
  public struct WrongLength: Error, Hashable, Sendable, CustomStringConvertible {
    /// Elements that were given.
    public var found: Int
    /// Elements that the parameters have together.
    public var expected: Int
    public var description: String {
      "the vector has \(found) elements, the model's parameters have \(expected); "
        + "take the vector that `destructure` made of this model"
    }
  }

  /// An array that has no place in a vector of real numbers.
  public struct NotFlat: Error, Hashable, Sendable, CustomStringConvertible {
    /// The array that has no place in a flat vector.
    public var path: TreePath
    /// Its element type.
    public var dtype: DType
    public var description: String {
      "\(path): \(dtype) elements are no real numbers; a flat vector cannot hold them"
    }
  }
}

/// Arrays that are ranges of one vector.
private struct VectorSource<Element: FlatElement>: TensorSource {
  let tree: Tree
  let vector: [Element]
  /// By leaf.
  let ranges: [Range<Int>?]

  func hasValues(_ leaf: LeafID) -> Bool { ranges[leaf.index] != nil }

  func reader(for leaf: LeafID) throws -> any TensorReader {
    guard let range = ranges[leaf.index] else {
      throw NoValues(tree.path(of: leaf), reason: "the vector does not hold it")
    }
    return VectorReader(vector: vector, next: range.lowerBound, end: range.upperBound)
  }
}

private struct VectorReader<Element: FlatElement>: TensorReader {
  let vector: [Element]
  var next: Int
  let end: Int

  mutating func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let size = MemoryLayout<Element>.size
    let count = min(buffer.count / size, end - next)
    guard count > 0 else { return 0 }
    vector.withUnsafeBytes { all in
      buffer.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: all[next * size..<(next + count) * size]))
    }
    next += count
    return count * size
  }
}
