/// An array that hands its elements over as a Swift array: the short way to a ``ModelArray``.
///
///     extension Matrix: ElementArray {
///       var modelArrayShape: Shape { [rows, columns] }
///       var modelArrayElements: [Float] {
///         get { storage }
///         set { storage = newValue }
///       }
///     }
public protocol ElementArray<ModelElement>: ModelArray {
  /// The type of the elements.
  associatedtype ModelElement: ModelScalar

  /// All elements in C order of ``ModelArray/modelArrayShape``.
  ///
  /// Reading must be cheap where it can be: a copy is made for each megabyte that is read, unless
  /// the array shares its memory with the property.
  var modelArrayElements: [ModelElement] { get set }
}

extension ElementArray {
  public var modelArrayType: DType { ModelElement.modelScalarType }

  public func readModelArray(
    into buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws -> Int {
    modelArrayElements.withUnsafeBufferPointer {
      ElementCoding.read($0, from: offset, into: buffer)
    }
  }

  public mutating func writeModelArray(_ bytes: UnsafeRawBufferPointer) throws {
    let expected = modelArrayShape.elementCount ?? 0
    guard let elements = ElementCoding<ModelElement>.elements(bytes), elements.count == expected
    else {
      throw WrongElementCount(
        found: bytes.count / ElementCoding<ModelElement>.size, expected: expected)
    }
    modelArrayElements = elements
  }
}
