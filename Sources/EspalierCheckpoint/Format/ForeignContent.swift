/// Content that is no checkpoint, or one of a kind that is not read: what it is and what to do.
struct ForeignContent: Sendable {
  /// “a …”, as the error says it.
  var what: String
  var code: CheckpointError.Code = .notACheckpoint
  var advice: String
  var isPickle = false
  var matches: @Sendable (ContentSample) -> Bool

  static func recognise(_ sample: ContentSample) -> ForeignContent? {
    all.first { $0.matches(sample) }?.inDetail(sample)
  }

  /// Content that stands for another file, as in a folder that was cloned without its large files.
  static func pointer(_ sample: ContentSample) -> ForeignContent? {
    pointer.matches(sample) ? pointer : nil
  }

  /// What is left to say when no format claims the content.
  static func recogniseVaguely(_ sample: ContentSample) -> ForeignContent? {
    if let pickle = PlainPickle(sample), pickle.namesAnything { return Self.pickle(pickle) }
    return (texts + named).first { $0.matches(sample) }
  }

  /// Of a pickle, what Python would do with it.
  private func inDetail(_ sample: ContentSample) -> ForeignContent {
    guard isPickle, let pickle = PlainPickle(sample) else { return self }
    return Self.pickle(pickle)
  }

  private static func pickle(_ pickle: PlainPickle) -> ForeignContent {
    ForeignContent(
      what: pickle.what, code: .unsupported, advice: pickle.advice, matches: { _ in true })
  }

  func error(_ file: InputFile) -> CheckpointError {
    CheckpointError(
      code, file: file.path, found: what,
      expected: code == .unsupported
        ? "one of \(Formats.all.map(\.name).joined(separator: ", "))" : "a checkpoint",
      advice: advice)
  }

  static let all = placeholders + images + compressed + programs + notRead + pickles

  // MARK: What stands where a checkpoint should

  private static let again = "download it again"

  private static let pointer = row(
    "a Git LFS pointer, which only names the real file",
    "run “git lfs pull” in its repository, or download it from the repository's web page"
  ) { $0.starts(with: "version https://git-lfs") || $0.starts(with: "version https://hawser") }

  private static let placeholders: [ForeignContent] = [
    row("an empty file", again) { $0.size == 0 },
    pointer,
    row(
      "a web page",
      "the address needs a login or leads to a page about the file: download the file itself"
    ) { sample in
      let start = visibleStart(sample)
      return ["<!doctype", "<html", "<head", "<body"].contains { start.hasPrefix($0) }
    },
    row("an XML document, such as a server's error message", again) {
      visibleStart($0).hasPrefix("<?xml")
    },
    row("a server's answer that there is no such file", "check the address, and download it again")
    {
      sample in
      ["Entry not found", "Repository not found", "Not Found", "404"].contains {
        sample.size < 256 && sample.starts(with: $0)
      }
    },
    row(
      "a server's answer that access is refused",
      "log in, accept the model's terms, download it again"
    ) { sample in
      ["Access to model", "Invalid credentials", "Forbidden", "Access denied"].contains {
        sample.size < 1024 && sample.starts(with: $0)
      }
    },
    row("nothing but zero bytes, as after an unfinished download", again) { sample in
      sample.size >= 16 && sample.prefix.allSatisfy { $0 == 0 }
    },
  ]

  // MARK: Other kinds of files

  private static let images: [ForeignContent] = [
    row("a PNG image", pick) { $0.starts(with: [0x89] + Array("PNG".utf8)) },
    row("a GIF image", pick) { $0.starts(with: "GIF8") },
    row("a JPEG image", pick) { $0.starts(with: [0xff, 0xd8, 0xff]) },
    row("a PDF document", pick) { $0.starts(with: "%PDF-") },
  ]

  private static let compressed: [ForeignContent] = [
    row("a gzip archive", "unpack it with “gunzip” or “tar xzf”") {
      $0.starts(with: [0x1f, 0x8b])
    },
    row("an xz archive", "unpack it with “unxz” or “tar xJf”") {
      $0.starts(with: [0xfd] + Array("7zXZ".utf8))
    },
    row("a Zstandard archive", "unpack it with “unzstd”") {
      $0.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
    },
    row("a bzip2 archive", "unpack it with “bunzip2”") { $0.starts(with: "BZh") },
    row("a 7z archive", "unpack it with “7z x”") {
      $0.starts(with: Array("7z".utf8) + [0xbc, 0xaf, 0x27, 0x1c])
    },
    row("a RAR archive", "unpack it with “unrar x”") { $0.starts(with: "Rar!") },
    row(
      "a PyTorch file from before version 0.1.10, a tar archive",
      "load it with PyTorch, and save it again", .unsupported
    ) { sample in
      ["sys_info", "pickle", "storages", "tensors"].contains { member in
        sample.size >= 512 && sample.starts(with: Array(member.utf8) + [0])
      }
    },
    row("a tar archive", "unpack it with “tar xf”, and open what is inside") { sample in
      sample.prefix.count > 262 && sample.prefix[257..<262].elementsEqual("ustar".utf8)
    },
  ]

  private static let programs: [ForeignContent] = [
    row("a program", pick) { $0.starts(with: [0x7f] + Array("ELF".utf8)) },
    row("a database", pick) { $0.starts(with: "SQLite format 3") },
  ]

  // MARK: Kinds of checkpoints that are not read

  private static let notRead: [ForeignContent] = [
    row(
      "an encrypted zip archive", "unpack it with its password, and open what is inside",
      .encrypted
    ) {
      $0.starts(with: Array("PK".utf8) + [3, 4]) && $0.prefix.count > 6 && $0.prefix[6] & 1 != 0
    },
    row("a zip archive without its end, as after an unfinished download", again, .truncated) {
      $0.starts(with: Array("PK".utf8) + [3, 4]) && !hasEndOfZip($0)
    },
    unread("a zip archive") { $0.starts(with: Array("PK".utf8) + [3, 4]) },
    unread("a TensorFlow Lite model") { sample in
      sample.prefix.count >= 8 && sample.prefix[4..<8].elementsEqual("TFL3".utf8)
    },
    row(
      "values written by Julia's Serialization, which only the Julia that wrote them can read",
      "load it there, and save it with JLD2", .unsupported
    ) { $0.starts(with: "7JL") },
    row(
      "a model in an early format of ggml, from before GGUF",
      "convert it with the program that it belongs to", .unsupported
    ) { sample in
      ["ggml", "ggmf", "ggjt", "ggla", "lmgg", "fmgg", "tjgg", "algg", "FUGG"].contains {
        sample.starts(with: $0)
      }
    },
    row(
      "a TensorFlow “checkpoint” file, which only names the latest one",
      "open the file that it names", .notACheckpoint
    ) { $0.starts(with: "model_checkpoint_path:") },
  ]

  // MARK: Last, because they match much

  private static let pickles: [ForeignContent] = [
    ForeignContent(
      what: "a broken Python pickle, or one with more than can be looked at",
      code: .unsupported, advice: "ask whoever made it for safetensors", isPickle: true
    ) { sample in
      if sample.prefix.count >= 3, sample.prefix[0] == 0x80, (2...5).contains(sample.prefix[1]) {
        return true
      }
      // Protocols 0 and 1 begin with an opcode and end with a full stop.
      guard sample.size >= 3, sample.size <= ContentSample.prefixLength,
        let first = sample.prefix.first, sample.prefix.last == UInt8(ascii: ".")
      else { return false }
      return "(c}]l".utf8.contains(first) && sample.prefix.contains(UInt8(ascii: "\n"))
    }
  ]

  private static let texts: [ForeignContent] = [
    row("a text file", pick) { sample in
      guard !sample.prefix.isEmpty else { return false }
      let hasControls = sample.prefix.contains { $0 < 0x20 && !(9...13).contains($0) }
      // The last character may be cut.
      let isText = (0..<4).contains { cut in
        String(validating: sample.prefix.dropLast(cut), as: UTF8.self) != nil
      }
      return isText && !hasControls
    }
  ]

  // MARK: What only a name gives away

  private static let named: [ForeignContent] = [
    row(
      "a TensorFlow file of mere values, without the .index that names them",
      "copy or download the .index file into the same folder, and open that"
    ) { sample in
      let parts =
        text(sample.region.file.path.name).split(separator: ".").last?
        .split(separator: "-") ?? []
      return parts.count == 4 && parts[0] == "data" && parts[2] == "of"
    },
    row(
      "a TensorFlow graph, without the values that belong to it",
      "open the .index file of its checkpoint, or a SavedModel's folder with variables in it"
    ) { sample in
      let name = text(sample.region.file.path.name)
      return name == "saved_model.pb" || name == "keras_metadata.pb" || name.hasSuffix(".meta")
    },
  ]

  private static func text(_ name: [UInt8]) -> String { String(decoding: name, as: UTF8.self) }

  // MARK: Help

  /// The record that ends a zip archive stands in its last bytes, with a comment of at most 64 kB.
  private static func hasEndOfZip(_ sample: ContentSample) -> Bool {
    let count = min(sample.size, 22 + 65_535)
    guard let tail = try? sample.region.read(at: sample.size - count, count: count) else {
      return false
    }
    let signature = Array("PK".utf8) + [5, 6]
    return tail.indices.contains { tail[$0] == signature[0] && tail[$0...].starts(with: signature) }
  }

  private static let pick = "choose the file that holds the weights"

  private static func row(
    _ what: String, _ advice: String, _ code: CheckpointError.Code = .notACheckpoint,
    _ matches: @escaping @Sendable (ContentSample) -> Bool
  ) -> ForeignContent {
    ForeignContent(what: what, code: code, advice: advice, matches: matches)
  }

  /// A kind that is known but not read: its row goes away when the format is added.
  private static func unread(
    _ what: String, _ matches: @escaping @Sendable (ContentSample) -> Bool
  ) -> ForeignContent {
    row(what, "convert it to safetensors with the framework that wrote it", .unsupported, matches)
  }

  /// The beginning in lower-case ASCII, without a byte order mark or white space before it.
  private static func visibleStart(_ sample: ContentSample) -> String {
    var bytes = sample.prefix[...]
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
    bytes = bytes.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    return String(decoding: bytes.prefix(16), as: UTF8.self).lowercased()
  }
}
