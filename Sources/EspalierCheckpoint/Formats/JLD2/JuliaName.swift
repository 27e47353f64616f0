/// The name of a Julia type with the modules that it is in, as files have it: `Flux.Dense`,
/// `Core.Tuple`, `NNlib.#relu`.
struct JuliaName: Sendable, Hashable {
  let parts: [String]

  init(_ name: [UInt8]) {
    parts = String(decoding: name, as: UTF8.self).split(separator: ".").map(String.init)
  }

  init(parts: [String]) { self.parts = parts }

  /// The name without its modules.
  var short: String { parts.last ?? "" }

  /// The name as Julia shows it: modules that everything is in are left out, and a function's type is
  /// named by the function.
  var shown: String {
    var parts = parts
    // Old files name the module twice.
    if parts.count > 2, parts[0] == parts[1] { parts.removeFirst() }
    // Others find Base and Core inside Main.
    while parts.count > 1, ["Core", "Base", "Main"].contains(parts[0]) { parts.removeFirst() }
    if let function = Self.function(short) { parts[parts.count - 1] = function }
    return parts.joined(separator: ".")
  }

  /// The function whose type this is: `#relu`, `typeof(relu)`; nil where it is none's. Functions
  /// without a name are `#5#6`.
  var function: String? { Self.function(short).map { _ in shown } }

  private static func function(_ name: String) -> String? {
    if name.hasPrefix("typeof("), name.hasSuffix(")") {
      return String(name.dropFirst(7).dropLast())
    }
    guard name.hasPrefix("#"), name.count > 1 else { return nil }
    let rest = name.dropFirst()
    return rest.contains("#") || rest.allSatisfy(\.isNumber) ? name : String(rest)
  }

  var isDictionary: Bool { ["Dict", "IdDict", "OrderedDict", "LittleDict"].contains(short) }

  // MARK: What belongs to training and not to the model

  var isOptimizer: Bool { shown.hasPrefix("Flux.Optimise.") || shown.hasPrefix("Optimisers.") }

  /// Whether a field holds gradients, or what led to them.
  func isTrainingState(field: [UInt8]) -> Bool {
    guard shown.hasPrefix("Tracker.") || shown.hasPrefix("Flux.Tracker.") else { return false }
    return ["grad", "tracker"].contains { field.elementsEqual($0.utf8) }
  }
}
