import EspalierTree

/// The order of a group's children where the producer gives one: Keras lists its layers and weights by
/// path in attributes.
struct HDF5NameOrder: Sendable {
  /// Paths below the group, in order.
  var paths: [ArraySlice<UInt8>] = []

  /// The links in this order, the others after them; and what is known of the order below each.
  func arrange(
    _ links: [HDF5Link], isOrdered: Bool
  ) -> [(link: HDF5Link, below: HDF5NameOrder)] {
    var rank: [[UInt8]: Int] = [:]
    var below: [[UInt8]: HDF5NameOrder] = [:]
    for (index, path) in paths.enumerated() {
      let end = path.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
      let name = Array(path[..<end])
      if rank[name] == nil { rank[name] = index }
      if end < path.endIndex {
        below[name, default: HDF5NameOrder()].paths.append(path[(end + 1)...])
      }
    }
    let sorted = links.enumerated().sorted { a, b in
      let x = rank[a.element.name] ?? Int.max
      let y = rank[b.element.name] ?? Int.max
      if x != y { return x < y }
      if isOrdered { return a.offset < b.offset }
      return Name(a.element.name) < Name(b.element.name)
    }
    return sorted.map { ($0.element, below[$0.element.name] ?? HDF5NameOrder()) }
  }
}

/// What Keras says about a model beside its weights.
struct KerasNames: Sendable {
  /// The class of each layer by its name, and its place among the layers.
  private var classes: [[UInt8]: [UInt8]] = [:]
  private var places: [[UInt8]: Int] = [:]

  init() {}

  /// - Parameter configuration: `model_config` or `config.json`.
  init(_ configuration: JSONDocument) {
    var pending = [configuration.root]
    while let value = pending.popLast() {
      switch value.kind {
      case .object:
        if let kind = value["class_name"]?.text, let config = value["config"],
          let name = config["name"]?.text ?? value["name"]?.text, classes[name] == nil
        {
          classes[name] = kind
          places[name] = places.count
        }
        pending += value.members.map(\.value).reversed()
      case .array: pending += Array(value.elements).reversed()
      default: break
      }
    }
  }

  func className(of layer: [UInt8]) -> [UInt8]? { classes[layer] }
  func place(of layer: [UInt8]) -> Int? { places[layer] }
  var isEmpty: Bool { classes.isEmpty }

  /// Attributes that Keras keeps lists of names in; long lists are cut into `weight_names0`, ….
  static func isNameList(_ attribute: [UInt8]) -> Bool {
    let digits = attribute.reversed().prefix { (0x30...0x39).contains($0) }.count
    let stem = attribute.dropLast(digits)
    return stem.elementsEqual("weight_names".utf8) || stem.elementsEqual("layer_names".utf8)
  }

  /// Subtrees that hold the state of an optimiser.
  static func isOptimiser(_ name: [UInt8]) -> Bool {
    ["optimizer_weights", "optimizer", "_optimizer"].contains { name.elementsEqual($0.utf8) }
  }
}
