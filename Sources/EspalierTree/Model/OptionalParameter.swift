/// A parameter that a layer may be without: a `Dense` without a bias.
///
/// An inactive one is the Boolean leaf `false`, as in Flux: zeros load into it and nothing else
/// does, and where it is loaded from, an array is filled with zeros. (`nil` in a Swift optional
/// is a leaf `nothing`, which says less: loading from it into an array is an issue.)
public enum OptionalParameter<Parameter> {
  /// The parameter: an array, or anything that has arrays.
  case active(Parameter)
  /// The Boolean leaf `false`.
  case inactive

  /// The parameter, nil when it is inactive.
  public var parameter: Parameter? {
    if case .active(let parameter) = self { return parameter }
    return nil
  }
}

extension OptionalParameter: Equatable where Parameter: Equatable {}
extension OptionalParameter: Hashable where Parameter: Hashable {}
extension OptionalParameter: Sendable where Parameter: Sendable {}
