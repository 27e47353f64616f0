/// A type that says which children it has.
///
/// Without it, all stored properties are children. Declare them to name them differently, to
/// leave some out, to say what is trainable, or to reach what cannot be seen or set from outside
/// (private wrappers, `let` properties, payloads of enums).
///
///     struct BatchNorm: Model {
///       var scale, shift, mean, variance: ShapedArray<Float>
///       static var modelChildren: [ModelChild] {
///         [
///           ModelChild("weight", \BatchNorm.scale),
///           ModelChild("bias", \BatchNorm.shift),
///           ModelChild("running_mean", \BatchNorm.mean, trainable: false),
///           ModelChild("running_var", \BatchNorm.variance, trainable: false),
///         ]
///       }
///     }
///
/// What is not listed is neither loaded nor saved. A subclass adds to its superclass's children
/// by overriding a `class var`.
public protocol Model {
  /// The children, in walk order; names must differ.
  static var modelChildren: [ModelChild] { get }
}

/// A named child of a ``Model``.
public struct ModelChild {
  /// The child's part of a key path.
  public let name: Name
  /// Whether an optimiser changes the arrays in it. Arrays below a child that is not trainable
  /// are not trainable either.
  public let isTrainable: Bool
  let get: (Any) -> Any?
  /// Puts a new value into a parent; returns false when the types do not fit. Nil when the child
  /// can only be read.
  let set: ((inout Any, Any) -> Bool)?

  /// A property that can be set: arrays of any kind can be loaded into it.
  public init<Root, Value>(
    _ name: Name, _ property: WritableKeyPath<Root, Value>, trainable: Bool = true
  ) {
    self.init(
      name, trainable: trainable, get: { (root: Root) in root[keyPath: property] },
      set: { (root: inout Root, value: Value) in root[keyPath: property] = value })
  }

  /// A property that can only be read: only arrays with reference semantics can be loaded into it.
  public init<Root, Value>(
    _ name: Name, _ property: KeyPath<Root, Value>, trainable: Bool = true
  ) {
    self.name = name
    isTrainable = trainable
    get = { ($0 as? Root).map { $0[keyPath: property] } }
    set = nil
  }

  /// A child that functions get and set: the payload of an enum, a value made on demand.
  public init<Root, Value>(
    _ name: Name, trainable: Bool = true, get: @escaping (Root) -> Value,
    set: @escaping (inout Root, Value) -> Void
  ) {
    self.name = name
    isTrainable = trainable
    self.get = { ($0 as? Root).map(get) }
    self.set = { parent, value in
      guard var root = parent as? Root, let value = value as? Value else { return false }
      set(&root, value)
      parent = root
      return true
    }
  }
}
