/// Elements with a shape, in memory of their own that others can share.
///
/// A load changes it in place. The same object at several places of a model is one tied array;
/// ``view(shape:offset:strides:)`` and ``transposed()`` are ties with another shape or layout.
public final class ArrayReference<Element: ModelScalar>: ModelArray {
  /// The dimensions, `[]` for a scalar.
  public let shape: Shape
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
  public convenience init(_ elements: [Element]) {
    self.init(elements, shape: [elements.count])
  }

  /// All of the memory, seen differently.
  ///
  /// - Parameters:
  ///   - offset: the element of the storage with all indices zero.
  ///   - strides: elements of the storage from one index of a dimension to the next.
  public func view(shape: Shape, offset: Int = 0, strides: [Int]) -> ArrayView<Element> {
    ArrayView(base: self, shape: shape, offset: offset, strides: strides)
  }

  /// The same elements with the dimensions in reverse.
  public func transposed() -> ArrayView<Element> {
    view(
      shape: Shape(shape.dimensions.reversed()),
      strides: shape.contiguousStrides(.row).reversed())
  }

  public var modelArrayType: DType { Element.modelScalarType }
  public var modelArrayShape: Shape { shape }

  public func readModelArray(
    into buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws -> Int {
    elements.withUnsafeBufferPointer { ElementCoding.read($0, from: offset, into: buffer) }
  }

  public func writeModelArray(_ bytes: UnsafeRawBufferPointer) throws {
    let new = ElementCoding<Element>.elements(bytes) ?? []
    guard new.count == elements.count else {
      throw WrongElementCount(found: new.count, expected: elements.count)
    }
    elements = new
  }
}

extension ArrayReference where Element: ExpressibleByIntegerLiteral {
  /// An array of zeros; without elements where the shape has no element count.
  public static func zeros(_ shape: Shape) -> ArrayReference {
    ArrayReference(Array(repeating: 0, count: shape.elementCount ?? 0), shape: shape)
  }
}

/// A part of an ``ArrayReference``, or all of it in another order. It shares the memory.
public struct ArrayView<Element: ModelScalar>: ModelArray {
  /// The array whose memory is shared.
  public let base: ArrayReference<Element>
  /// The dimensions, `[]` for a scalar.
  public let shape: Shape
  /// The element of the storage with all indices zero.
  public let offset: Int
  /// Elements of the storage from one index of a dimension to the next.
  public let strides: [Int]

  /// A view; that it lies within its storage is checked when it is read or written.
  public init(base: ArrayReference<Element>, shape: Shape, offset: Int, strides: [Int]) {
    self.base = base
    self.shape = shape
    self.offset = offset
    self.strides = strides
  }

  /// The elements in C order of the view's own shape.
  ///
  /// - Throws: ``ViewOutOfBounds``.
  public func elements() throws -> [Element] {
    try (0..<checkedCount()).map { base.elements[position($0)] }
  }

  public var modelArrayType: DType { Element.modelScalarType }
  public var modelArrayShape: Shape { shape }
  public var modelArrayLayout: Layout { .strided(offset: offset, strides: strides) }
  public var modelArrayStorage: AnyObject? { base }
  public static var modelArrayIsReference: Bool { true }

  public func readModelArray(
    into buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws -> Int {
    let size = ElementCoding<Element>.size
    if isContiguous {
      let range = self.offset..<self.offset + (try checkedCount())
      return base.elements[range].withUnsafeBufferPointer {
        ElementCoding.read($0, from: offset, into: buffer)
      }
    }
    let first = offset / size
    let count = min(buffer.count / size, max(0, try checkedCount() - first))
    guard let target = buffer.baseAddress else { return 0 }
    for index in 0..<count {
      base.elements[position(first + index)].storeModelScalar(to: target + index * size)
    }
    return count * size
  }

  public func writeModelArray(_ bytes: UnsafeRawBufferPointer) throws {
    let count = try checkedCount()
    let new = ElementCoding<Element>.elements(bytes) ?? []
    guard new.count == count else { throw WrongElementCount(found: new.count, expected: count) }
    if isContiguous {
      base.elements.replaceSubrange(offset..<offset + count, with: new)
    } else {
      for (index, element) in new.enumerated() { base.elements[position(index)] = element }
    }
  }

  private var isContiguous: Bool { strides == shape.contiguousStrides(.row) }

  private func checkedCount() throws -> Int {
    guard let footprint = modelArrayLayout.footprint(of: shape), let count = shape.elementCount,
      footprint.isEmpty || footprint.upperBound <= base.elements.count
    else {
      throw ViewOutOfBounds(
        shape: shape, offset: offset, strides: strides, elements: base.elements.count)
    }
    return count
  }

  /// Where an element lies in the storage, by its place in C order.
  private func position(_ index: Int) -> Int {
    var rest = index
    var at = offset
    for axis in shape.dimensions.indices.reversed() {
      at += rest % shape.dimensions[axis] * strides[axis]
      rest /= shape.dimensions[axis]
    }
    return at
  }
}

/// A view reaches beyond its storage.
public struct ViewOutOfBounds: Error, Hashable, Sendable, CustomStringConvertible {
  /// The view's dimensions.
  public var shape: Shape
  /// In elements of the storage.
  public var offset: Int
  /// In elements of the storage.
  public var strides: [Int]
  /// Elements of the storage.
  public var elements: Int

  public var description: String {
    "a view with shape \(shape), offset \(offset) and strides \(strides) does not lie within "
      + "\(elements) elements"
  }
}
