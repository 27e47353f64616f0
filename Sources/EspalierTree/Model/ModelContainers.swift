/// A Swift container whose elements are children with places.
protocol ElementContainer {
  var childCount: Int { get }
  func child(at index: Int) -> Any
  /// The container with some elements replaced; nil when one does not have the element's type.
  func replacing(_ changes: [(index: Int, value: Any)]) -> Any?
}

extension ElementContainer where Self: MutableCollection & RandomAccessCollection, Index == Int {
  var childCount: Int { count }
  func child(at index: Int) -> Any { self[startIndex + index] }
  func replacing(_ changes: [(index: Int, value: Any)]) -> Any? {
    var copy = self
    for (index, value) in changes {
      guard let element = value as? Element else { return nil }
      copy[startIndex + index] = element
    }
    return copy
  }
}

extension Array: ElementContainer {}
extension ContiguousArray: ElementContainer {}
extension ArraySlice: ElementContainer {}

/// A Swift container whose elements are children with names.
protocol KeyedContainer {
  /// Keys and values, in natural order of the keys' names.
  var namedChildren: [(name: Name, key: AnyHashable, value: Any)] { get }
  func replacing(_ changes: [(key: AnyHashable, value: Any)]) -> Any?
}

extension Dictionary: KeyedContainer {
  var namedChildren: [(name: Name, key: AnyHashable, value: Any)] {
    map { (name: Name(String(describing: $0.key)), key: AnyHashable($0.key), value: $0.value) }
      .sorted { $0.name < $1.name }
  }
  func replacing(_ changes: [(key: AnyHashable, value: Any)]) -> Any? {
    var copy = self
    for (key, value) in changes {
      guard let key = key.base as? Key, let value = value as? Value else { return nil }
      copy[key] = value
    }
    return copy
  }
}

/// A value that holds another or none, and adds no level to a key path.
protocol TransparentWrapper {
  /// The value inside; nil when there is none.
  var wrapped: Any? { get }
  /// What stands in the tree when there is none.
  static var emptyLeaf: LeafValue { get }
  /// The wrapper around a new value; nil when that has another type.
  static func wrapping(_ value: Any) -> Any?
}

extension Optional: TransparentWrapper {
  var wrapped: Any? { map { $0 } }
  static var emptyLeaf: LeafValue { .nothing }
  static func wrapping(_ value: Any) -> Any? {
    (value as? Wrapped).map { Optional.some($0) as Any }
  }
}

extension OptionalParameter: TransparentWrapper {
  var wrapped: Any? { parameter }
  static var emptyLeaf: LeafValue { .bool(false) }
  static func wrapping(_ value: Any) -> Any? {
    (value as? Parameter).map { OptionalParameter.active($0) as Any }
  }
}
