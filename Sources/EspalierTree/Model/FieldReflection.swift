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
    func read<Parent>(_: Parent.Type) -> [Any] {
      guard let parent = value as? Parent else { return [] }
      return withBase(of: parent) { base in fields.map { load($0.type, from: base + $0.offset) } }
    }
    return _openExistential(type(of: value), do: read)
  }

  /// A struct or tuple with some fields replaced, or the same object with them set.
  ///
  /// - Returns: nil when a value does not have the field's type; nothing is set then.
  static func setting(_ changes: [(field: StoredField, value: Any)], in value: Any) -> Any? {
    guard changes.allSatisfy({ isValue($0.value, of: $0.field.type) }) else { return nil }
    func write<Parent>(_: Parent.Type) -> Any? {
      guard var parent = value as? Parent else { return nil }
      if Parent.self is AnyObject.Type {
        withBase(of: parent) { base in
          for change in changes { store(change.value, change.field, at: base) }
        }
      } else {
        withUnsafeMutablePointer(to: &parent) { pointer in
          for change in changes { store(change.value, change.field, at: UnsafeRawPointer(pointer)) }
        }
      }
      return parent
    }
    return _openExistential(type(of: value), do: write)
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

  private static func store(_ value: Any, _ field: StoredField, at base: UnsafeRawPointer) {
    func write<Field>(_: Field.Type) {
      guard let value = value as? Field else { return }
      UnsafeMutableRawPointer(mutating: base + field.offset)
        .assumingMemoryBound(to: Field.self).pointee = value
    }
    _openExistential(field.type, do: write)
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
