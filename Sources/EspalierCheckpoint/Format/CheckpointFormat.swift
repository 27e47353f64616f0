import EspalierTree

/// One way in which checkpoints are stored: what it is called, how it is known, how it is read and
/// written.
///
/// Help, documentation and error texts are made from these properties, through ``Formats/all``.
public protocol CheckpointFormat: Sendable {
  /// One word, as in `"format"` of the machine output.
  var name: String { get }
  /// Who writes it, in a few words.
  var summary: String { get }
  /// Usual file name extensions, without the dot. They never decide how a file is read; the first
  /// one decides how a new file is written.
  var extensions: [String] { get }
  /// What the content is known by, in words.
  var signature: String { get }

  /// Whether arrays have values in it; false for mere descriptions.
  var holdsValues: Bool { get }

  /// Whether the metadata are only about the file itself, such as its version: nothing that another
  /// file would have to keep.
  var metadataIsAboutTheFile: Bool { get }

  /// How sure the content is of this format.
  func sniff(_ sample: ContentSample) -> Confidence

  /// Reads the header. No values are read.
  func open(_ region: ByteRegion, _ options: OpenOptions) throws -> OpenedContent

  /// Reads several files that together hold one tree.
  func open(shards: [ByteRegion], _ options: OpenOptions) throws -> OpenedContent

  /// Whether only files numbered as shards (`model-00001-of-00002`) belong together, so that others of
  /// one folder are checkpoints by themselves.
  var shardsAreNumbered: Bool { get }

  /// The file to open where a path stands for a checkpoint without being a file that says so: a
  /// folder with a layout of its own, a prefix, a file of mere values. Nil where it stands for none.
  ///
  /// Asked only where the path's own content is no checkpoint.
  func fileMeant(by path: FilePath) -> FilePath?

  /// How it is written; nil for formats that are only read.
  var writer: (any CheckpointWriter)? { get }
}

extension CheckpointFormat {
  public var writer: (any CheckpointWriter)? { nil }
  public var holdsValues: Bool { true }
  public var metadataIsAboutTheFile: Bool { false }
  public var shardsAreNumbered: Bool { false }
  public func fileMeant(by path: FilePath) -> FilePath? { nil }

  public func open(shards: [ByteRegion], _ options: OpenOptions) throws -> OpenedContent {
    guard let first = shards.first, shards.count == 1 else {
      throw CheckpointError(
        .unsupported, file: shards.first?.file.path ?? "",
        found: "one of \(shards.count) files in the format “\(name)”", expected: "a file by itself",
        advice: "open the files one by one")
    }
    return try open(first, options)
  }
}

/// How sure a format is of a file's content. The highest wins.
public enum Confidence: Int, Sendable, Comparable {
  /// Something in the content rules the format out.
  case no
  /// Nothing speaks against it.
  case possible
  /// The content begins as this format's does.
  case likely
  /// A signature that nothing else has.
  case certain

  public static func < (a: Confidence, b: Confidence) -> Bool { a.rawValue < b.rawValue }
}

/// What sniffing looks at: the beginning of a file and its size.
public struct ContentSample: Sendable {
  /// Bytes of a file that every format may look at without reading further.
  public static let prefixLength = 4096

  /// At most ``prefixLength`` bytes.
  public let prefix: [UInt8]
  /// Bytes in all.
  public let size: Int
  /// For formats that need to look further: archives have their list of members at the end.
  public let region: ByteRegion

  /// Reads the first bytes of a file or of a part of one.
  public init(_ region: ByteRegion) throws(CheckpointError) {
    prefix = try region.prefix(Self.prefixLength)
    size = region.count
    self.region = region
  }

  /// Whether the file begins with these bytes.
  public func starts(with magic: [UInt8]) -> Bool { prefix.starts(with: magic) }
  /// Whether the file begins with this text, in UTF-8.
  public func starts(with magic: String) -> Bool { prefix.starts(with: magic.utf8) }

  /// Whether `text` stands among the first `limit` bytes.
  public func contains(_ text: String, within limit: Int = prefixLength) -> Bool {
    let wanted = Array(text.utf8)
    var bytes = prefix
    if limit > prefix.count, let more = try? region.prefix(limit) { bytes = more }
    guard let first = wanted.first else { return true }
    var start = bytes.startIndex
    while let at = bytes[start...].firstIndex(of: first) {
      if bytes[at...].starts(with: wanted) { return true }
      start = at + 1
    }
    return false
  }

  /// The first byte that is not white space, where the content may be JSON or other text.
  public var firstVisibleByte: UInt8? {
    prefix.first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
  }
}

/// How a checkpoint is to be opened.
public struct OpenOptions: Sendable {
  /// The node that counts as the root, as a person types it (`state_dict.encoder`); nil to find it.
  public var root: [UInt8]?

  /// - Parameter root: the node that counts as the root; nil to find it.
  public init(root: [UInt8]? = nil) { self.root = root }
  /// The same with a root given as text.
  public init(root: String?) { self.root = root.map { Array($0.utf8) } }
}

/// What a format found in a file.
public struct OpenedContent: Sendable {
  /// The tree and its values.
  public var values: any TensorSource
  /// What the file says about itself, in its order.
  public var metadata: [MetadataEntry]
  /// Sentences for the user about the whole file.
  public var notes: [String]
  /// What a user should know before handing the file to another program.
  public var findings: [Finding]
  /// Where the weights are, where the format knows; nil to look for a container key.
  public var root: NodeID?
  /// Files that were opened besides those handed in.
  public var moreFiles: [InputFile]
  /// Of content from several shards: the number of the one that holds a leaf; nil for leaves that
  /// are in none by themselves, such as tied names.
  public var shardOfLeaf: (@Sendable (LeafID) -> Int?)?

  /// The content of one file or of several shards; see the properties.
  public init(
    _ values: any TensorSource, metadata: [MetadataEntry] = [], notes: [String] = [],
    findings: [Finding] = [], root: NodeID? = nil, moreFiles: [InputFile] = [],
    shardOfLeaf: (@Sendable (LeafID) -> Int?)? = nil
  ) {
    self.values = values
    self.metadata = metadata
    self.notes = notes
    self.findings = findings
    self.root = root
    self.moreFiles = moreFiles
    self.shardOfLeaf = shardOfLeaf
  }
}

/// One entry of what a file says about itself.
public struct MetadataEntry: Hashable, Sendable {
  /// What an entry holds.
  public enum Value: Hashable, Sendable {
    /// A number, a Boolean or a text.
    case value(LeafValue)
    /// A list or an object, as JSON text.
    case json([UInt8])
  }

  /// The entry's name; bytes from the file.
  public var key: Name
  /// What it holds.
  public var value: Value

  /// An entry with any kind of value.
  public init(_ key: Name, _ value: Value) {
    self.key = key
    self.value = value
  }

  /// An entry with one plain value.
  public init(_ key: Name, _ value: LeafValue) { self.init(key, .value(value)) }
}

/// Something in a file that a user should know before handing it to another program.
public struct Finding: Hashable, Sendable {
  /// How much a finding matters.
  public enum Severity: String, Sendable, CaseIterable {
    /// Worth knowing.
    case note
    /// Another loader may fail, or read something else.
    case warning
    /// Another loader would run code from the file.
    case danger
  }

  /// How much it matters.
  public var severity: Severity
  /// A stable word for scripts.
  public var code: String
  /// Where: a path in the tree, or a global name. Bytes from the file.
  public var place: [UInt8]
  /// What was found, for a person.
  public var sentence: String

  /// A finding; without a place it is about the whole file.
  public init(_ severity: Severity, code: String, place: [UInt8] = [], sentence: String) {
    self.severity = severity
    self.code = code
    self.place = place
    self.sentence = sentence
  }
}
