/// What a leaf is.
public enum LeafKind: UInt8, Sendable, Hashable, CaseIterable {
  case array, bool, number, text, nothing, opaque

  public var name: String {
    switch self {
    case .array: return "array"
    case .bool: return "bool"
    case .number: return "number"
    case .text: return "text"
    case .nothing: return "nothing"
    case .opaque: return "opaque"
    }
  }
}

/// The value of a leaf that is not an array.
public enum LeafValue: Hashable, Sendable {
  /// In the place of an array, `false` is Flux's encoding of an absent parameter.
  case bool(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case float(Double)
  /// A number that none of the above holds exactly, in decimal.
  case bigNumber(String)
  case text([UInt8])
  case nothing
  /// A value with a type of its own: an activation function, a class instance, a type tag.
  case opaque(type: [UInt8])

  public var kind: LeafKind {
    switch self {
    case .bool: return .bool
    case .integer, .unsigned, .float, .bigNumber: return .number
    case .text: return .text
    case .nothing: return .nothing
    case .opaque: return .opaque
    }
  }
}

/// Whether an optimiser would change an array, where the model says so.
public enum Trainability: UInt8, Sendable, Hashable { case unknown, trainable, frozen }

/// Identifies a block of memory that arrays may share.
public struct StorageID: Hashable, Sendable {
  public let raw: Int32
  public init(_ raw: Int32) { self.raw = raw }
}

/// An array without its values: element type, shape, and where its elements lie.
public struct ArrayDescription: Hashable, Sendable {
  public var dtype: DType
  public var shape: Shape
  public var layout: Layout
  /// The storage that the array shares with others; nil when it has one of its own.
  public var storage: StorageID?
  public var trainability: Trainability

  public init(
    _ dtype: DType, _ shape: Shape, layout: Layout = .row, storage: StorageID? = nil,
    trainability: Trainability = .unknown
  ) {
    self.dtype = dtype
    self.shape = shape
    self.layout = layout
    self.storage = storage
    self.trainability = trainability
  }

  /// Elements, or nil when the shape's product overflows.
  public var elementCount: Int? { shape.elementCount }
  /// Bytes of the values as a contiguous array, or nil when that overflows.
  public var byteCount: Int? { shape.elementCount.flatMap(dtype.byteCount(elements:)) }
  public var order: MemoryOrder { layout.order(for: shape) }
}

/// A node without children.
public enum Leaf: Hashable, Sendable {
  case array(ArrayDescription)
  case value(LeafValue)

  public var kind: LeafKind {
    switch self {
    case .array: return .array
    case .value(let value): return value.kind
    }
  }
}
