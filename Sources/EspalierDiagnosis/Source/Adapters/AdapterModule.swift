/// The tensors of one adapter, which belong to one weight.
struct AdapterModule {
  /// Components of the name of the module that is adapted.
  var owner: [[UInt8]]
  /// By what they are; of each the first in the file.
  var tensors: [AdapterRole: Int] = [:]
  var family = AdapterFamily.lora
  /// What it is where it is recognised only.
  var unread: String?

  /// In the order in which rules name them.
  var ordered: [Int] { tensors.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value) }

  static func isAny(in inventory: Inventory) -> Bool {
    inventory.tensors.contains { AdapterWords.read($0.components)?.family != nil }
  }

  /// All adapters among tensors, in the order of the file.
  static func all(
    in inventory: Inventory, where isFree: (Int) -> Bool
  ) -> [AdapterModule] {
    var modules: [[[UInt8]]: AdapterModule] = [:]
    var beside: [(owner: [[UInt8]], role: AdapterRole, index: Int)] = []
    for index in inventory.tensors.indices where isFree(index) {
      let components = inventory.tensors[index].components
      if let (kind, place) = AdapterWords.unreadKind(components) {
        let owner = Array(components[..<place])
        modules[owner, default: AdapterModule(owner: owner)].unread = kind
        modules[owner]?.rest.append(index)
      }
      guard let found = AdapterWords.read(components) else { continue }
      let owner = Array(components[..<found.place])
      guard let family = found.family else {
        beside.append((owner, found.role, index))
        continue
      }
      modules[owner, default: AdapterModule(owner: owner)].add(index, found.role)
      modules[owner]?.family = family
    }
    for (owner, role, index) in beside { modules[owner]?.add(index, role) }
    return modules.values.sorted { ($0.all.min() ?? 0) < ($1.all.min() ?? 0) }
  }

  /// Second tensors of a role, as of a second adapter, and parts that are recognised only.
  private(set) var rest: [Int] = []

  var all: [Int] { ordered + rest }

  private mutating func add(_ index: Int, _ role: AdapterRole) {
    if tensors[role] == nil { tensors[role] = index } else { rest.append(index) }
  }

  // MARK: Sizes

  /// The smaller size of the factors; 0 where none is a low-rank one.
  func rank(_ inventory: Inventory) -> Int {
    func shape(_ role: AdapterRole) -> [Int]? { tensors[role].map { inventory.tensors[$0].shape } }
    switch family {
    case .lora: return shape(.down)?.first ?? 0
    case .mlx: return shape(.down)?.last ?? 0
    case .loha, .lokr: return (shape(.w1B) ?? shape(.w2B))?.first ?? 0
    }
  }

  /// Elements of the weight that it adapts; nil where the factors are not all there or do not fit.
  func elements(_ inventory: Inventory) -> Int? {
    func matrix(_ role: AdapterRole) -> [Int]? {
      guard let index = tensors[role] else { return nil }
      let shape = inventory.tensors[index].shape
      guard let first = shape.first, first > 0 else { return nil }
      return [first, inventory.tensors[index].elements / first]
    }
    func product(_ a: [Int]?, _ b: [Int]?) -> Int? {
      guard let a, let b, a[1] == b[0] else { return nil }
      return times(a[0], b[1])
    }
    func either(_ full: AdapterRole, _ a: AdapterRole, _ b: AdapterRole) -> Int? {
      matrix(full).flatMap { times($0[0], $0[1]) } ?? product(matrix(a), matrix(b))
    }
    switch family {
    case .lora: return product(matrix(.up), matrix(.down))
    case .mlx: return product(matrix(.down), matrix(.up))
    case .loha:
      let sizes = (
        product(matrix(.w1A), matrix(.w1B)), product(matrix(.w2A), matrix(.w2B))
      )
      return sizes.0 == sizes.1 ? sizes.0 : nil
    case .lokr:
      guard let a = either(.w1, .w1A, .w1B), let b = either(.w2, .w2A, .w2B) else { return nil }
      return times(a, b)
    }
  }

  private func times(_ a: Int, _ b: Int) -> Int? {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? nil : product
  }
}
