/// What keeps a Swift model from being read or loaded. The model has not been changed, unless it
/// is ``notRestored(_:cause:)``.
public enum ModelError: Error {
  /// An array hands over fewer or more elements than its shape says.
  case elementCount(TreePath, found: ElementCount, expected: Int)
  /// An array's read or write failed.
  case array(TreePath, cause: any Error)
  /// An array has another shape or element type after it was written.
  case changed(TreePath, from: ArrayDescription, to: ArrayDescription)
  /// An array is a value in a place that cannot be set.
  case notWritable(TreePath, ReadOnlyReason)
  /// More nodes than a model may have, most likely because objects are shared again and again.
  case tooManyNodes(limit: Int)
  /// A load failed in the middle, and the arrays at these paths could not be put back.
  case notRestored([TreePath], cause: any Error)
  /// The source of the new values handed over another number of bytes than it describes.
  case sourceLength(TreePath, found: Int, expected: Int)

  /// How many elements an array hands over.
  public enum ElementCount: Hashable, Sendable {
    /// Fewer than its shape says.
    case exactly(Int)
    /// Something behind the last element of its shape.
    case moreThanExpected
  }

  /// Why a new value cannot be put into a model.
  public enum ReadOnlyReason: Hashable, Sendable {
    /// A stored property declared with `let`.
    case letProperty(String)
    /// The payload of an enum's case.
    case enumPayload(String)
    /// A child declared with a key path that cannot be set.
    case readOnlyChild(Name)
    /// The parent does not take a value of this type back.
    case refused(parent: String)
  }
}

extension ModelError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .elementCount(let path, .exactly(let found), let expected):
      return "\(path): the array hands over \(found) elements, its shape has \(expected); "
        + "correct its ModelArray conformance"
    case .elementCount(let path, .moreThanExpected, let expected):
      return "\(path): the array hands over more elements than the \(expected) of its shape; "
        + "correct its ModelArray conformance"
    case .array(let path, let cause): return "\(path): the array failed: \(cause)"
    case .changed(let path, let from, let to):
      return "\(path): the array was \(from.dtype) \(from.shape) and is \(to.dtype) \(to.shape) "
        + "after it was written; writing must not change shape or type"
    case .notWritable(let path, let reason):
      return "\(path): cannot be loaded: \(reason)"
    case .tooManyNodes(let limit):
      return "the model has more than \(limit) nodes; it refers to the same "
        + "objects again and again, or has to be split"
    case .notRestored(let paths, let cause):
      return "the load failed (\(cause)), and these arrays could not be put back: "
        + paths.map(\.description).joined(separator: ", ")
    case .sourceLength(let path, let found, let expected):
      return "\(path): the source hands over \(found) bytes, expected \(expected)"
    }
  }
}

extension ModelError.ReadOnlyReason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .letProperty(let name):
      return "the property \(name) is a `let` and its array is a value; make it `var`, declare "
        + "children, or use an array with reference semantics"
    case .enumPayload(let type):
      return "it is the payload of the enum \(type), which reflection cannot set; declare "
        + "children with `get` and `set`, or use an array with reference semantics"
    case .readOnlyChild(let name):
      return "the child \(name) is declared with a key path that cannot be set; make the "
        + "property `var`, or use an array with reference semantics"
    case .refused(let parent):
      return "\(parent) does not take the new value back; declare children, or use an array "
        + "with reference semantics"
    }
  }
}
