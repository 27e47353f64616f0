/// Elements with a shape: the plainest array that a model can have.
///
/// A value: a model made of such arrays is not changed by a load, a new one is returned. Whether
/// the elements fill the shape is not checked here but, as for every ``ModelArray``, when the
/// array is loaded or read.
public struct ShapedArray<Element: ModelScalar>: ElementArray {
  /// The dimensions, `[]` for a scalar.
  public var shape: Shape
  /// The elements in C order: the last dimension runs fastest.
  public var elements: [Element]

  /// - Parameters:
  ///   - elements: in C order; checked against the shape when the array is loaded or read.
  ///   - shape: the dimensions, `[]` for a scalar.
  public init(_ elements: [Element], shape: Shape) {
    self.shape = shape
    self.elements = elements
  }

  /// An array with one dimension.
  public init(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  public var modelArrayShape: Shape { shape }
  public var modelArrayElements: [Element] {
    get { elements }
    set { elements = newValue }
  }
}

extension ShapedArray where Element: ExpressibleByIntegerLiteral {
  /// An array of zeros; without elements where the shape has no element count.
  public static func zeros(_ shape: Shape) -> ShapedArray {
    ShapedArray(Array(repeating: 0, count: shape.elementCount ?? 0), shape: shape)
  }
}

extension ShapedArray: Equatable where Element: Equatable {}
extension ShapedArray: Hashable where Element: Hashable {}
extension ShapedArray: Sendable where Element: Sendable {}

/// Numbers and Booleans in a Swift array are an array leaf with one dimension. Arrays of anything
/// else are branches.
extension Array: ModelArray, ElementArray where Element: ModelScalar {
  public var modelArrayShape: Shape { [count] }
  public var modelArrayElements: [Element] {
    get { self }
    set { self = newValue }
  }
}
