// Stored properties of structs, classes and tuples: read and set without code in the model.
//
// `Mirror` reads, but cannot set. The standard library's own field key paths
// (`_forEachFieldWithKeyPath`) set, but not in classes. So this file uses the functions of the
// Swift runtime that both stand on: they are part of its stable ABI, and say for each field its
// name, type, offset, whether it is `var`, and whether it is a strong reference. Weak and unowned
// references are no children: they lead back to an owner. Property observers are not called.
//
// All knowledge of the runtime is in this file. `FieldReflectionTests` pins what it relies on; if
// that ever fails, `stored(in:)` can return no fields as settable, and such models declare their
// children instead.

/// A stored property.
struct StoredField {
  let name: Name
  let type: Any.Type
  let offset: Int
  /// Whether it is a `var`, or the element of a tuple.
  let isSettable: Bool
}

enum FieldReflection {
  enum Kind { case structure, object, tuple, enumeration, other }

  static func kind(of type: Any.Type) -> Kind {
    if type is AnyObject.Type { return .object }
    switch unsafeBitCast(type, to: UnsafePointer<UInt>.self).pointee {
    case 0x200: return .structure
    case 0x201: return .enumeration
    case 0x301: return .tuple
    default: return .other
    }
  }

  /// The stored properties of a type, a superclass's first; lazy ones under their own names.
  static func stored(in type: Any.Type) -> [StoredField] {
    let isObject = type is AnyObject.Type
    return (0..<runtimeFieldCount(type)).compactMap { index in
      var metadata = RuntimeFieldMetadata()
      let fieldType = runtimeFieldMetadata(type, index: index, fieldMetadata: &metadata)
      defer { metadata.free?(metadata.name) }
      guard metadata.isStrong, let name = metadata.name else { return nil }
      // What cannot be copied (a `Mutex` in an object) is reported as `()`.
      if fieldType == Void.self, isObject { return nil }
      return StoredField(
        name: plainName(String(cString: name), at: index), type: fieldType,
        offset: runtimeFieldOffset(type, index: index), isSettable: metadata.isVar)
    }
  }

  /// The values of the fields of a struct, a tuple or an object.
  static func values(of fields: [StoredField], in value: Any) -> [Any] {
    let type = type(of: value)
    func read<Parent>(_ parent: Parent) -> [Any]? {
      guard Parent.self == type || Parent.self is AnyObject.Type else { return nil }
      return withBase(of: parent) { base in fields.map { load($0.type, from: base + $0.offset) } }
    }
    // Opening the box costs a tenth of a cast; a value in a second box needs one.
    if let values = _openExistential(value, do: read) { return values }
    func cast<Parent>(_: Parent.Type) -> [Any]? { (value as? Parent).flatMap { read($0) } }
    return _openExistential(type, do: cast) ?? []
  }

  /// A struct or tuple with some fields replaced, or the same object with them set.
  ///
  /// - Returns: nil when a value does not have the field's type; nothing is set then.
  static func setting(_ changes: [(field: StoredField, value: Any)], in value: Any) -> Any? {
    let type = type(of: value)
    func write<Parent>(_ parent: Parent) -> Any? {
      if Parent.self is AnyObject.Type {
        guard changes.allSatisfy({ isValue($0.value, of: $0.field.type) }) else { return nil }
        withBase(of: parent) { base in
          for change in changes { _ = store(change.value, change.field, at: base) }
        }
        return parent
      }
      guard Parent.self == type else { return nil }
      var copy = parent
      let done = withUnsafeMutablePointer(to: &copy) { pointer in
        changes.allSatisfy { store($0.value, $0.field, at: UnsafeRawPointer(pointer)) }
      }
      return done ? copy : nil
    }
    func isOpen<Parent>(_: Parent) -> Bool { Parent.self == type || Parent.self is AnyObject.Type }
    if _openExistential(value, do: isOpen) { return _openExistential(value, do: write) }
    func cast<Parent>(_: Parent.Type) -> Any? { (value as? Parent).flatMap { write($0) } }
    return _openExistential(type, do: cast)
  }

  static func isValue(_ value: Any, of type: Any.Type) -> Bool {
    func check<Field>(_: Field.Type) -> Bool { value is Field }
    return _openExistential(type, do: check)
  }

  private static func withBase<Parent, R>(
    of parent: Parent, _ body: (UnsafeRawPointer) -> R
  ) -> R {
    guard Parent.self is AnyObject.Type else {
      return withUnsafePointer(to: parent) { body(UnsafeRawPointer($0)) }
    }
    let object = parent as AnyObject
    return withExtendedLifetime(object) {
      body(UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque()))
    }
  }

  private static func load(_ type: Any.Type, from address: UnsafeRawPointer) -> Any {
    func read<Field>(_: Field.Type) -> Any {
      address.assumingMemoryBound(to: Field.self).pointee
    }
    return _openExistential(type, do: read)
  }

  /// - Returns: false, and nothing is stored, when the value does not have the field's type.
  private static func store(
    _ value: Any, _ field: StoredField, at base: UnsafeRawPointer
  ) -> Bool {
    let place = UnsafeMutableRawPointer(mutating: base + field.offset)
    func write<Value>(_ value: Value) -> Bool {
      guard Value.self == field.type else { return false }
      place.assumingMemoryBound(to: Value.self).pointee = value
      return true
    }
    if _openExistential(value, do: write) { return true }
    func cast<Field>(_: Field.Type) -> Bool { (value as? Field).map { write($0) } ?? false }
    return _openExistential(field.type, do: cast)
  }

  private static func plainName(_ name: String, at index: Int) -> Name {
    if name.isEmpty || name == ".\(index)" { return Name(String(index)) }
    let lazy = "$__lazy_storage_$_"
    return Name(name.hasPrefix(lazy) ? String(name.dropFirst(lazy.count)) : name)
  }
}

private struct RuntimeFieldMetadata {
  var name: UnsafePointer<CChar>?
  var free: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
  var isStrong = false
  var isVar = false
}

@_silgen_name("swift_reflectionMirror_recursiveCount")
private func runtimeFieldCount(_: Any.Type) -> Int

@_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
private func runtimeFieldMetadata(
  _: Any.Type, index: Int, fieldMetadata: UnsafeMutablePointer<RuntimeFieldMetadata>
) -> Any.Type

@_silgen_name("swift_reflectionMirror_recursiveChildOffset")
private func runtimeFieldOffset(_: Any.Type, index: Int) -> Int
