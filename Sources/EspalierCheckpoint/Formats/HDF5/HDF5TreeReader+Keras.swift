import EspalierTree

/// What Keras keeps in groups and attributes: layers, their classes and their order.
extension HDF5TreeReader {
  /// Names the class of a layer's group, and lists that count from 0.
  mutating func labelGroup(
    _ node: TreeBuilder.Handle, _ path: [UInt8], _ links: [HDF5Link]
  ) {
    if !links.isEmpty, path.hasSuffix("vars"), HDF5TreeReader.countFromZero(links) {
      builder.setKind(.positional, of: node)
    }
    let parts = path.split(separator: UInt8(ascii: "/"))
    // Inside a layer's group its name stands once more, as the scope of its weights.
    guard !keras.isEmpty, let name = parts.last, parts.dropLast().last != name else { return }
    if let kind = keras.className(of: layerNames[path] ?? Array(name)) {
      builder.setLabel(kind, of: node)
    }
  }

  static func countFromZero(_ links: [HDF5Link]) -> Bool {
    let names = Set(links.map(\.name))
    return (0..<links.count).allSatisfy { names.contains(Array(String($0).utf8)) }
  }

  /// Keras 3 names groups by class and number; the layer's own name is an attribute inside, and its
  /// place among the layers is that of the configuration.
  mutating func arrangeLayers(
    _ children: [(link: HDF5Link, below: HDF5NameOrder)], below path: [UInt8]
  ) throws -> [(link: HDF5Link, below: HDF5NameOrder)] {
    var places: [Int] = []
    for (link, _) in children {
      let name = try layerName(link)
      places.append(name.flatMap { keras.place(of: $0) } ?? Int.max)
      layerNames[path + [UInt8(ascii: "/")] + link.name] = name
    }
    return zip(places, children).enumerated().sorted {
      ($0.element.0, $0.offset) < ($1.element.0, $1.offset)
    }.map(\.element.1)
  }

  private func layerName(_ link: HDF5Link) throws -> [UInt8]? {
    guard case .hard(let address) = link.target else { return nil }
    let group = try HDF5ObjectHeader(metadata, at: address)
    guard group.isGroup,
      let vars = try metadata.links(of: group).links.first(where: {
        $0.name.elementsEqual("vars".utf8)
      }), case .hard(let inner) = vars.target
    else { return nil }
    let attributes = try metadata.attributes(of: try HDF5ObjectHeader(metadata, at: inner))
    return try attributes.first { $0.name.elementsEqual("name".utf8) }?.texts(metadata)?.first
  }
}

extension [UInt8] {
  func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
