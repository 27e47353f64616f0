// How a value takes new children back: a new value around them, or the same object.

extension ModelForm {
  typealias Change = (step: ModelStep, value: Any)

  /// A value of this form with some children replaced; the same object where it is one.
  func setting(_ changes: [Change], in value: Any) -> Any? {
    switch self {
    case .fields(let fields, _, _):
      return FieldReflection.setting(
        changes.compactMap { change in
          guard case .field(let index) = change.step else { return nil }
          return (fields[Int(index)], change.value)
        }, in: value)
    case .declared(let children, _, _):
      var copy = value
      for change in changes {
        guard case .declared(let index) = change.step,
          let set = children[Int(index)].set, set(&copy, change.value)
        else { return nil }
      }
      return copy
    case .wrapper(let type): return changes.first.flatMap { type.wrapping($0.value) }
    case .elements:
      return (value as? any ElementContainer)?.replacing(
        changes.compactMap { change in
          guard case .element(let index) = change.step else { return nil }
          return (Int(index), change.value)
        })
    case .dictionary:
      return (value as? any KeyedContainer)?.replacing(
        changes.compactMap { change in
          guard case .key(let key) = change.step else { return nil }
          return (key, change.value)
        })
    case .array, .scalar, .enumeration, .opaque: return nil
    }
  }

  /// Whether an object's fields take the new values, without setting them.
  func accepts(_ changes: [Change]) -> Bool {
    guard case .fields(let fields, _, _) = self else { return true }
    return changes.allSatisfy { change in
      guard case .field(let index) = change.step else { return false }
      return FieldReflection.isValue(change.value, of: fields[Int(index)].type)
    }
  }
}
