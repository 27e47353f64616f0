/// An array type whose values are part of a Swift model.
///
/// Conform the array type of your program to this protocol, or to ``ElementArray`` where its
/// elements can be handed over as a Swift array, and every model made of it can be loaded.
/// The members' names are long so that they do not collide with a type's own `shape` or `data`.
///
/// Bytes are in canonical form: elements in C order of ``modelArrayShape``, little-endian, side by
/// side, whatever the order in memory.
public protocol ModelArray {
  /// The element type.
  var modelArrayType: DType { get }

  /// The logical dimensions; `[]` for a scalar.
  var modelArrayShape: Shape { get }

  /// Where the elements lie in ``modelArrayStorage``, offsets and strides in elements.
  ///
  /// Only views need this: ties between views of one storage are found by it.
  var modelArrayLayout: Layout { get }

  /// The object that owns the memory: arrays with the same object are tied. Nil for values.
  var modelArrayStorage: AnyObject? { get }

  /// Whether ``writeModelArray(_:)`` changes memory that copies of this value share.
  ///
  /// Such arrays are loaded in place, also where they stand in a `let`.
  static var modelArrayIsReference: Bool { get }

  /// Copies canonical bytes into `buffer`.
  ///
  /// - Parameters:
  ///   - buffer: its size is a multiple of the element's size.
  ///   - offset: bytes of the canonical form to skip.
  /// - Returns: the number of bytes copied; less than the buffer holds only at the end, 0 behind it.
  func readModelArray(into buffer: UnsafeMutableRawBufferPointer, from offset: Int) throws -> Int

  /// Replaces all elements; element type and shape stay.
  ///
  /// - Parameter bytes: all elements in canonical form.
  /// - Throws: when they cannot be taken. What was loaded before is then put back.
  mutating func writeModelArray(_ bytes: UnsafeRawBufferPointer) throws
}

extension ModelArray {
  /// Contiguous, the last dimension fastest.
  public var modelArrayLayout: Layout { .row }
  /// Memory of its own.
  public var modelArrayStorage: AnyObject? { nil }
  /// True for classes.
  public static var modelArrayIsReference: Bool { Self.self is AnyObject.Type }
}

extension ModelArray where Self: AnyObject {
  /// The object itself.
  public var modelArrayStorage: AnyObject? { self }
}
