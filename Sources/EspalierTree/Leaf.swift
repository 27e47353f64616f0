/// What a leaf is.
public enum LeafKind: UInt8, Sendable, Hashable, CaseIterable {
  /// Elements of one type with a shape.
  case array
  /// True or false.
  case bool
  /// One number.
  case number
  /// Text, as bytes that need not be UTF-8.
  case text
  /// Julia's `nothing`, Python's `None`, Swift's `nil`.
  case nothing
  /// A value with a type of its own, such as an activation function.
  case opaque

  /// The stable name, as JSON has it.
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
  /// A whole number that fits 64 bits with a sign.
  case integer(Int64)
  /// A whole number above that.
  case unsigned(UInt64)
  /// A floating-point number.
  case float(Double)
  /// A number that none of the above holds exactly, in decimal.
  case bigNumber(String)
  /// Text, as bytes that need not be UTF-8.
  case text([UInt8])
  /// No value.
  case nothing
  /// A value with a type of its own: an activation function, a class instance, a type tag.
  case opaque(type: [UInt8])

  /// What the leaf is.
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
public enum Trainability: UInt8, Sendable, Hashable {
  /// The model or file does not say.
  case unknown
  /// An optimiser changes it.
  case trainable
  /// State that training computes in another way, or a parameter that is held.
  case frozen
}

/// Identifies a block of memory that arrays may share.
public struct StorageID: Hashable, Sendable {
  /// A number that arrays of one tree share when they share memory.
  public let raw: Int32
  /// The storage with this number.
  public init(_ raw: Int32) { self.raw = raw }
}

/// An array without its values: element type, shape, and where its elements lie.
public struct ArrayDescription: Hashable, Sendable {
  /// The type of the elements.
  public var dtype: DType
  /// The logical dimensions.
  public var shape: Shape
  /// Where the elements lie in the storage.
  public var layout: Layout
  /// The storage that the array shares with others; nil when it has one of its own.
  public var storage: StorageID?
  /// Whether an optimiser would change it.
  public var trainability: Trainability

  /// The array of a leaf, without its values.
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
  /// Which axis runs fastest in memory.
  public var order: MemoryOrder { layout.order(for: shape) }
}

/// A node without children.
public enum Leaf: Hashable, Sendable {
  /// An array, without its values.
  case array(ArrayDescription)
  /// Anything else, with its value.
  case value(LeafValue)

  /// What the leaf is.
  public var kind: LeafKind {
    switch self {
    case .array: return .array
    case .value(let value): return value.kind
    }
  }
}
