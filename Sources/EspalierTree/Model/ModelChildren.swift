/// The children of one value of a model, in walk order.
enum ModelChildren {
  case fields([StoredField], [Any])
  case declared([(index: Int, child: ModelChild, value: Any)], isFrozen: Bool)
  case elements(any ElementContainer, count: Int)
  case keyed([(name: Name, key: AnyHashable, value: Any)])

  struct Child {
    enum ChildName {
      case index
      case key(Name)
      case property(Name)
    }
    let name: ChildName
    let value: Any
    let step: ModelStep
    /// Nil where the child says nothing and its parent's holds.
    var trainability: Trainability?
  }

  static func declared(_ children: [ModelChild], _ value: Any, frozen: Bool) -> ModelChildren {
    .declared(
      children.enumerated().compactMap { index, child in
        child.get(value).map { (index, child, $0) }
      }, isFrozen: frozen)
  }

  static func elements(_ container: any ElementContainer) -> ModelChildren {
    .elements(container, count: container.childCount)
  }

  var count: Int {
    switch self {
    case .fields(_, let values): return values.count
    case .declared(let children, _): return children.count
    case .elements(_, let count): return count
    case .keyed(let children): return children.count
    }
  }

  /// Arrays, and tuples without labels.
  var isPositional: Bool {
    switch self {
    case .elements: return true
    case .fields(let fields, _):
      return !fields.isEmpty
        && fields.enumerated().allSatisfy { $1.name == Name(String($0)) }
    case .declared, .keyed: return false
    }
  }

  subscript(index: Int) -> Child {
    let number = Int32(truncatingIfNeeded: index)
    switch self {
    case .fields(let fields, let values):
      return Child(
        name: .property(fields[index].name), value: values[index], step: .field(number))
    case .declared(let children, let isFrozen):
      let (place, child, value) = children[index]
      return Child(
        name: .property(child.name), value: value,
        step: .declared(Int32(truncatingIfNeeded: place)),
        trainability: isFrozen || !child.isTrainable ? .frozen : .trainable)
    case .elements(let container, _):
      return Child(name: .index, value: container.child(at: index), step: .element(number))
    case .keyed(let children):
      let (name, key, value) = children[index]
      return Child(name: .key(name), value: value, step: .key(key))
    }
  }
}
