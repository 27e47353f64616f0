import EspalierTree

/// Which names are beside the weights: the state of optimisers and of training, and the graph of
/// objects.
struct TensorFlowBeside {
  /// The names of all variables.
  private let names: Set<[UInt8]>
  private let isObjectBased: Bool
  /// Where the graph has objects that keep slots for variables.
  private let optimisers: [[UInt8]]

  init(names: Set<[UInt8]>, optimisers: [[UInt8]] = []) {
    self.names = names
    self.optimisers = optimisers
    isObjectBased = names.contains(ObjectGraph.name)
  }

  /// How many bytes of a name lead to what is beside the weights; nil where it is a weight.
  func length(in name: [UInt8]) -> Int? {
    if name == ObjectGraph.name { return name.count }
    return isObjectBased ? objectLength(name) : isSlotOrCounter(name) ? name.count : nil
  }

  private static let slash = UInt8(ascii: "/")
  private static let slots = Array("/.OPTIMIZER_SLOT".utf8)
  private static let metrics = Array("keras_api/metrics".utf8)

  private func objectLength(_ name: [UInt8]) -> Int? {
    if let at = name.firstRange(of: Self.slots) { return at + Self.slots.count }
    if name.starts(with: Self.metrics + [Self.slash]) { return Self.metrics.count }
    if let path = optimisers.first(where: { name.starts(with: $0 + [Self.slash]) }) {
      return path.count
    }
    var start = 0
    for part in name.split(separator: Self.slash, omittingEmptySubsequences: false) {
      if start == 0, part.elementsEqual("save_counter".utf8) { return part.count }
      if KerasNames.isOptimiser(Array(part)) { return start + part.count }
      start += part.count + 1
    }
    return nil
  }

  /// TensorFlow 1 names a slot after its variable and the optimiser's class.
  private func isSlotOrCounter(_ name: [UInt8]) -> Bool {
    let last = name.split(separator: Self.slash, omittingEmptySubsequences: false).last ?? []
    if ["beta1_power", "beta2_power"].contains(where: { last.elementsEqual($0.utf8) }) {
      return true
    }
    guard last.count < name.count else { return last.elementsEqual("global_step".utf8) }
    let digits = last.reversed().prefix { (0x30...0x39).contains($0) }.count
    let stem =
      digits > 0 && last.dropLast(digits).last == UInt8(ascii: "_")
      ? last.dropLast(digits + 1) : last
    return Self.slotNames.contains { stem.elementsEqual($0.utf8) }
      && names.contains(Array(name.dropLast(last.count + 1)))
  }

  private static let slotNames = [
    "Adam", "Adagrad", "AdagradDA", "Adadelta", "Ftrl", "Momentum", "RMSProp",
  ]
}
