import EspalierTree

/// Makes leaves of `.npy` files and members.
struct NpyFiller {
  private var objects = PickledTreeFiller()
  private var notes: [String] = []
  /// That of the array that is read, where it has several names.
  private var storage: StorageID?

  /// Where an array's file lies: in the open, or compressed in an archive.
  private enum Content {
    case region(ByteRegion)
    case compressed(ZipArchive, ZipEntry)

    var count: Int {
      switch self {
      case .region(let region): region.count
      case .compressed(_, let entry): entry.size
      }
    }
  }

  mutating func add(_ region: ByteRegion, at node: TreeBuilder.Handle) throws {
    try add(.region(region), region.origin, at: node)
  }

  mutating func add(_ zip: ZipArchive) throws {
    let ties = try NpzTies.read(zip)
    let tied = Set(ties.values)
    for entry in zip.entries {
      guard NumPy.isArray(entry.name) else {
        notes.append("the member “\(visibleText(entry.name))” is no array and not shown")
        continue
      }
      // Of two members of one name, readers disagree about which is meant.
      _ = try zip.entry(entry.name)
      let name = Array(entry.name.dropLast(4))
      let node = try objects.builder.flatNode(Name(name), under: .root)
      storage = (ties[name] ?? (tied.contains(name) ? name : nil)).map { objects.storageID($0) }
      if let region = try zip.stored(entry) {
        try add(.region(region), region.origin, at: node)
      } else {
        let origin = ByteOrigin(file: zip.region.file.path, offset: nil)
        try add(.compressed(zip, entry), origin, at: node)
      }
    }
  }

  consuming func finish() -> OpenedContent {
    var content = objects.finish()
    content.notes += notes
    return content
  }

  private mutating func add(
    _ content: Content, _ origin: ByteOrigin, at node: TreeBuilder.Handle
  ) throws {
    let header = try Self.header(content, origin)
    switch header.element {
    case .plain(let type, let isBigEndian):
      try array(header, type, isBigEndian, content, origin, at: node)
    case .objects: try pickle(header, content, origin, at: node)
    case .other(let code):
      try objects.setOpaque("numpy \(code) \(Shape(header.shape))", at: node)
    }
  }

  private static func header(
    _ content: Content, _ origin: ByteOrigin
  ) throws -> NpyHeader {
    let first = try start(of: content, 12)
    let count = NpyHeader.prefixLength(first) ?? first.count
    return try NpyHeader(try start(of: content, count), origin: origin)
  }

  private static func start(of content: Content, _ count: Int) throws -> [UInt8] {
    let count = min(count, content.count)
    switch content {
    case .region(let region): return try region.read(at: 0, count: count)
    case .compressed(let zip, let entry):
      var bytes = [UInt8](repeating: 0, count: count)
      var reader = try InflatingReader(zip, entry, 0..<count)
      let done = try bytes.withUnsafeMutableBytes { try reader.read(into: $0) }
      return Array(bytes.prefix(done))
    }
  }

  private mutating func array(
    _ header: NpyHeader, _ type: DType, _ isBigEndian: Bool, _ content: Content,
    _ origin: ByteOrigin, at node: TreeBuilder.Handle
  ) throws {
    let shape = Shape(header.shape)
    // One axis, or all but one of length one, have the same order either way.
    let isColumn = header.isFortran && header.shape.count { $0 > 1 } > 1
    let array = ArrayDescription(
      type, shape, layout: .contiguous(isColumn ? .column : .row), storage: storage)
    let present = content.count - header.dataOffset
    guard let needed = array.byteCount, needed <= present else {
      throw origin.error(
        .truncated, at: header.dataOffset, field: objects.place(of: node),
        found: byteCount(present),
        expected: array.byteCount.map { "\(byteCount($0)) for \(type) \(shape)" }
          ?? "a shape whose bytes 64 bits can count")
    }
    if needed < present {
      notes.append(
        "\(byteCount(present - needed)) after the array\(objects.named(node)) are not read")
    }
    let bytes: PickledPlace.Bytes =
      switch content {
      case .region(let region):
        .region(try region.slice(at: header.dataOffset, count: needed))
      case .compressed(let zip, let entry): .compressed(zip, entry, from: header.dataOffset)
      }
    try objects.set(array, .bytes(bytes, isBigEndian: isBigEndian), at: node)
  }

  /// Pickles beyond this are not read from compressed members.
  private static let pickleLimit = 256 << 20

  private mutating func pickle(
    _ header: NpyHeader, _ content: Content, _ origin: ByteOrigin, at node: TreeBuilder.Handle
  ) throws {
    switch content {
    case .region(let region):
      let part = try region.slice(
        at: header.dataOffset, count: region.count - header.dataOffset)
      try objects.add(NpyPickle(file: region.file, document: PickleDocument(part)), under: node)
    case .compressed(let zip, let entry):
      let bytes = try zip.read(entry, limit: Self.pickleLimit)
      let document = try PickleDocument(
        Array(bytes.dropFirst(header.dataOffset)), origin: origin)
      try objects.add(NpyPickle(file: zip.region.file, document: document), under: node)
    }
  }
}

/// The pickle of an object array.
private struct NpyPickle: PickleContainer {
  let input: InputFile
  let document: PickleDocument
  let isBigEndian = false

  var file: FilePath { input.path }

  init(file: InputFile, document: PickleDocument) {
    input = file
    self.document = document
  }

  func bytes(ofStorage key: [UInt8]) throws -> PickledPlace.Bytes? { nil }

  func region(_ range: Range<Int>) throws -> ByteRegion {
    try ByteRegion(input).slice(at: range.lowerBound, count: range.count)
  }
}
