import EspalierTree

/// Walks the groups of an HDF5 file and describes what is in them.
///
/// The walk keeps its own stack. Groups that lead back to themselves are cut, groups with several
/// names are listed under each, as long as the file is not made to grow that way.
struct HDF5TreeReader {
  let file: HDF5File
  let metadata: HDF5Metadata
  var builder = TreeBuilder()
  var contents: [Int32: HDF5Source.Content] = [:]
  var entries: [MetadataEntry] = []
  var notes: [String] = []
  var findings: [Finding] = []
  var keras: KerasNames

  /// A group that waits to be listed.
  private struct Frame {
    var header: HDF5ObjectHeader
    var node: TreeBuilder.Handle
    var path: [UInt8]
    var order: HDF5NameOrder
    /// Index of the frame above; -1 for the root.
    var parent: Int
  }

  private var frames: [Frame] = []
  private var datasets: [Int: LeafID] = [:]
  private var softLinks: [(node: TreeBuilder.Handle, target: [UInt8], from: [UInt8])] = []
  /// By path, the names of layers whose groups are called otherwise.
  var layerNames: [[UInt8]: [UInt8]] = [:]
  private var nodeCount = 0
  private var droppedEntries = 0

  private static let entryLimit = 4096

  init(_ file: HDF5File, keras: KerasNames = KerasNames()) {
    self.file = file
    self.keras = keras
    metadata = HDF5Metadata(file)
  }

  mutating func read() throws -> OpenedContent {
    let root = try HDF5ObjectHeader(metadata, at: file.root)
    guard root.isGroup || !root.isDataset else {
      throw metadata.error(
        .malformed, at: file.root, "root group", found: "a dataset", expected: "a group")
    }
    frames.append(
      Frame(header: root, node: .root, path: [], order: HDF5NameOrder(), parent: -1))
    var pending = [0]
    while let number = pending.popLast() { pending += try list(number).reversed() }
    try resolveSoftLinks()
    if droppedEntries > 0 { notes.append("\(droppedEntries) further attributes are not shown") }
    let tree = builder.finish()
    return OpenedContent(
      HDF5Source(tree: tree, file: file, contents: contents), metadata: entries, notes: notes,
      findings: findings)
  }

  // MARK: Groups

  /// Adds a group's children; returns the frames of those that are groups themselves.
  private mutating func list(_ number: Int) throws -> [Int] {
    let frame = frames[number]
    var order = frame.order
    try readAttributes(of: frame.header, path: frame.path, order: &order)
    let links = try metadata.links(of: frame.header)
    var groups: [Int] = []
    var children = order.arrange(links.links, isOrdered: links.isOrdered)
    if !keras.isEmpty,
      frame.path.split(separator: UInt8(ascii: "/")).last?.elementsEqual("layers".utf8) ?? false
    {
      children = try arrangeLayers(children, below: frame.path)
    }
    for (link, below) in children {
      try countNode()
      let node = try builder.node(Name(link.name), under: frame.node)
      if KerasNames.isOptimiser(link.name), frame.parent < 0 { builder.hide(node) }
      let path = frame.path + (frame.path.isEmpty ? [] : [UInt8(ascii: "/")]) + link.name
      switch link.target {
      case .hard(let address):
        if let group = try add(address, node, path, below, parent: number) { groups.append(group) }
      case .soft(let target): softLinks.append((node, target, frame.path))
      case .external(let file, let target):
        try addExternal(node, path, file: file, target: target)
      case .other(let kind):
        try builder.setLeaf(.value(.opaque(type: Array("link of kind \(kind)".utf8))), at: node)
      }
    }
    labelGroup(frame.node, frame.path, links.links)
    frames[number].header = HDF5ObjectHeader(emptyAt: frame.header.address)
    return groups
  }

  /// Adds what a hard link leads to; returns its frame when that is a group.
  private mutating func add(
    _ address: Int, _ node: TreeBuilder.Handle, _ path: [UInt8], _ order: HDF5NameOrder,
    parent: Int
  ) throws -> Int? {
    if let known = datasets[address] {
      try addTie(node, to: known)
      return nil
    }
    let header = try HDF5ObjectHeader(metadata, at: address)
    if header.isDataset {
      try addDataset(header, node, path)
      return nil
    }
    guard header.isGroup || header.first(HDF5Message.Kind.datatype) == nil else {
      try addCommittedType(header, node)
      return nil
    }
    if isAncestor(address, of: parent) {
      notes.append("“\(visibleText(path))” leads back to a group that it is in, and is cut there")
      try builder.setLeaf(.value(.opaque(type: Array("link to a group above".utf8))), at: node)
      return nil
    }
    frames.append(Frame(header: header, node: node, path: path, order: order, parent: parent))
    return frames.count - 1
  }

  private func isAncestor(_ address: Int, of number: Int) -> Bool {
    var at = number
    while at >= 0 {
      if frames[at].header.address == address { return true }
      at = frames[at].parent
    }
    return false
  }

  private mutating func countNode() throws(CheckpointError) {
    nodeCount += 1
    guard nodeCount <= (1 << 16) + file.region.count / 16 else {
      throw metadata.error(
        .limitExceeded, at: file.root, "groups", found: "more than \(nodeCount - 1) names",
        expected: "as many as a file of this size can hold",
        advice: "the file lists the same groups over and over")
    }
  }

  // MARK: Datasets

  private mutating func addDataset(
    _ header: HDF5ObjectHeader, _ node: TreeBuilder.Handle, _ path: [UInt8]
  ) throws {
    var order = HDF5NameOrder()
    let leaf: LeafID
    do {
      let dataset = try HDF5Dataset(header, metadata)
      leaf = try add(dataset, node, path)
    } catch let error as CheckpointError where error.code == .unsupported {
      notes.append("“\(visibleText(path))” is not read: \(error.found ?? "its form is unknown")")
      leaf = try builder.setLeaf(.value(.opaque(type: Array("dataset".utf8))), at: node)
    }
    datasets[header.address] = leaf
    try readAttributes(of: header, path: path, order: &order)
  }

  private mutating func add(
    _ dataset: HDF5Dataset, _ node: TreeBuilder.Handle, _ path: [UInt8]
  ) throws -> LeafID {
    if dataset.space.isNull { return try builder.setLeaf(.value(.nothing), at: node) }
    if let values = try HDF5Values(dataset, file) {
      let array = ArrayDescription(values.element.dtype, Shape(values.shape))
      let leaf = try builder.setArray(array, at: node)
      contents[leaf.raw] = .values(values)
      return leaf
    }
    if dataset.type.isText {
      if dataset.space.dimensions.isEmpty, let text = try scalarText(dataset) {
        return try builder.setLeaf(.value(.text(text)), at: node)
      }
      let leaf = try builder.setArray(
        ArrayDescription(.string, Shape(dataset.space.dimensions)), at: node)
      contents[leaf.raw] = .none("texts are listed, not read")
      return leaf
    }
    let shape = dataset.space.dimensions.isEmpty ? "" : " \(Shape(dataset.space.dimensions))"
    return try builder.setLeaf(
      .value(.opaque(type: Array((dataset.type.summary + shape).utf8))), at: node)
  }

  private func scalarText(_ dataset: HDF5Dataset) throws -> [UInt8]? {
    guard let count = dataset.byteCount, let place = dataset.plainRange(file) else { return nil }
    var data = try metadata.cursor(at: place.lowerBound, count, "text")
    return try dataset.type.text(&data, metadata)
  }

  private mutating func addTie(_ node: TreeBuilder.Handle, to leaf: LeafID) throws {
    guard contents[leaf.raw] != nil else {
      try builder.setLeaf(.value(.opaque(type: Array("second name".utf8))), at: node)
      return
    }
    _ = builder.storage(of: leaf, new: StorageID(leaf.raw))
    let tied = try builder.addTie(node, to: leaf)
    contents[tied.raw] = contents[leaf.raw]
  }

  private mutating func addCommittedType(
    _ header: HDF5ObjectHeader, _ node: TreeBuilder.Handle
  ) throws {
    let message = header.first(HDF5Message.Kind.datatype)
    let summary = try message.map { try metadata.datatype($0).summary } ?? "type"
    try builder.setLeaf(.value(.opaque(type: Array("type: \(summary)".utf8))), at: node)
  }

  // MARK: Links by path

  private mutating func addExternal(
    _ node: TreeBuilder.Handle, _ path: [UInt8], file: [UInt8], target: [UInt8]
  ) throws {
    let words = "link to “\(visibleText(target))” in “\(visibleText(file))”"
    try builder.setLeaf(.value(.opaque(type: Array(words.utf8))), at: node)
    findings.append(
      Finding(
        .note, code: "external-link", place: path,
        sentence: "\(words) is not followed: other files are never opened; open it by itself"))
  }

  /// Soft links to datasets are further names of them; others stay what they are.
  private mutating func resolveSoftLinks() throws {
    guard !softLinks.isEmpty else { return }
    var resolver = HDF5PathResolver(metadata)
    for (node, target, from) in softLinks {
      let address = try resolver.resolve(target, from: from)
      if let address, let known = datasets[address] {
        try addTie(node, to: known)
        continue
      }
      let words = "link to “\(visibleText(target))”" + (address == nil ? ", where nothing is" : "")
      try builder.setLeaf(.value(.opaque(type: Array(words.utf8))), at: node)
    }
  }

  // MARK: Attributes

  /// None, and a note, where they have a form that is not read.
  private mutating func knownAttributes(
    of header: HDF5ObjectHeader, path: [UInt8]
  ) throws(CheckpointError) -> [HDF5Attribute] {
    do {
      return try metadata.attributes(of: header)
    } catch {
      guard error.code == .unsupported else { throw error }
      let reason = error.found ?? "their form is unknown"
      notes.append("attributes of “\(visibleText(path))” are not read: \(reason)")
      return []
    }
  }

  private mutating func readAttributes(
    of header: HDF5ObjectHeader, path: [UInt8], order: inout HDF5NameOrder
  ) throws {
    let attributes = try knownAttributes(of: header, path: path)
    let named = attributes.filter { KerasNames.isNameList($0.name) }.sorted {
      Name($0.name) < Name($1.name)
    }
    for attribute in named {
      order.paths += (try attribute.texts(metadata) ?? []).map { $0[...] }
    }
    for attribute in attributes where !KerasNames.isNameList(attribute.name) {
      guard entries.count < Self.entryLimit else {
        droppedEntries += 1
        continue
      }
      let key = path.isEmpty ? attribute.name : path + [UInt8(ascii: "@")] + attribute.name
      let value = try HDF5AttributeValue(attribute, metadata).value
      entries.append(MetadataEntry(Name(key), value))
      if path.isEmpty, attribute.name.elementsEqual("model_config".utf8),
        case .json(let text) = value,
        let document = try? JSONDocument(
          text, origin: ByteOrigin(file: file.region.file.path, offset: nil))
      {
        keras = KerasNames(document)
      }
    }
  }
}
