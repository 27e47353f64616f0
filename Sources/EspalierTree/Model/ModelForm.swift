/// What values of one type are in a tree.
enum ModelForm {
  /// An array, and how a value of this very type is seen as one.
  case array((Any) -> (any ModelArray)?)
  case wrapper(any TransparentWrapper.Type)
  case declared([ModelChild], label: [UInt8], isObject: Bool)
  case scalar
  case elements
  case dictionary
  case fields([StoredField], label: [UInt8]?, isObject: Bool)
  case enumeration(label: String)
  case opaque([UInt8])

  /// Types are looked at, not values: a value in an existential box may be cast through the box.
  init(of type: Any.Type) {
    let name = _typeName(type, qualified: false)
    if let array = type as? any ModelArray.Type {
      self = .array(Self.seen(as: array))
    } else if let wrapper = type as? any TransparentWrapper.Type {
      self = .wrapper(wrapper)
    } else if let model = type as? any Model.Type {
      self = .declared(
        model.modelChildren, label: Self.label(name), isObject: type is AnyObject.Type)
    } else if type is any ElementContainer.Type {
      self = .elements
    } else if type is any KeyedContainer.Type {
      self = .dictionary
    } else if Self.isScalar(type) {
      self = .scalar
    } else {
      self = Self.reflected(type, name: name)
    }
  }

  /// A cast to the type itself costs a fraction of one to the protocol.
  private static func seen<A: ModelArray>(
    as type: A.Type
  ) -> (Any) -> (any ModelArray)? {
    { $0 as? A }
  }

  private static func reflected(_ type: Any.Type, name: String) -> ModelForm {
    // The inside of a library's type (a range, a date, an actor's queue) is nobody's parameter.
    if isFromLibrary(type) || type is any Actor.Type { return .opaque(Array(name.utf8)) }
    switch FieldReflection.kind(of: type) {
    case .structure:
      return .fields(FieldReflection.stored(in: type), label: label(name), isObject: false)
    case .object:
      return .fields(FieldReflection.stored(in: type), label: label(name), isObject: true)
    case .tuple: return .fields(FieldReflection.stored(in: type), label: nil, isObject: false)
    case .enumeration: return .enumeration(label: name)
    case .other: return .opaque(Array(name.utf8))
    }
  }

  private static func isScalar(_ type: Any.Type) -> Bool {
    type is Bool.Type || type is any BinaryInteger.Type || type is any BinaryFloatingPoint.Type
      || type is any StringProtocol.Type || type is Character.Type || type is StaticString.Type
  }

  private static func isFromLibrary(_ type: Any.Type) -> Bool {
    let libraries: Set<Substring> = [
      "Swift", "Foundation", "FoundationEssentials", "Synchronization", "Dispatch", "Observation",
      "_Concurrency", "__C",
    ]
    let name = _typeName(type, qualified: true)
    guard let dot = name.firstIndex(of: ".") else { return false }
    return libraries.contains(name[..<dot])
  }

  /// The type's name without its generic arguments.
  private static func label(_ name: String) -> [UInt8] {
    Array(name.prefix { $0 != "<" }.utf8)
  }
}

extension LeafValue {
  /// The leaf of a number, a Boolean or a text.
  init(scalar value: Any) {
    switch value {
    case let value as Bool: self = .bool(value)
    case let value as any BinaryInteger: self = Self.integer(value)
    case let value as any BinaryFloatingPoint: self = Self.float(value)
    case let value as any StringProtocol: self = .text(Array(value.utf8))
    case let value as Character: self = .text(Array(value.utf8))
    default: self = .text(Array(String(describing: value).utf8))
    }
  }

  private static func integer(_ value: some BinaryInteger) -> LeafValue {
    if let small = Int64(exactly: value) { return .integer(small) }
    if let large = UInt64(exactly: value) { return .unsigned(large) }
    return .bigNumber(String(value))
  }

  private static func float<T: BinaryFloatingPoint>(_ value: T) -> LeafValue {
    let double = Double(value)
    return T(double) == value || value.isNaN
      ? .float(double) : .bigNumber(String(describing: value))
  }
}
