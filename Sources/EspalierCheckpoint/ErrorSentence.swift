import EspalierTree

extension CheckpointError: CustomStringConvertible {
  /// One sentence: file, place, found, expected, what to do.
  public var sentence: String {
    let location = [file.bytes.isEmpty ? nil : visibleText(file.bytes), position]
      .compactMap { $0 }.joined(separator: ": ")
    return (location.isEmpty ? "" : location + ": ") + finding + (remedy.map { "; " + $0 } ?? "")
      + "."
  }

  public var description: String { sentence }

  private var position: String? {
    let byte = offset.map { "at byte \($0)" }
    let field = place.map { visibleText($0) }
    let parts = [byte, field].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var finding: String {
    let found = found.map { visibleText($0.utf8) }
    let expected = expected.map { visibleText($0.utf8) }
    switch (found, expected) {
    case (let found?, let expected?): return "found \(found), expected \(expected)"
    case (let found?, nil): return code.phrase + " (found \(found))"
    case (nil, let expected?): return code.phrase + " (expected \(expected))"
    case (nil, nil): return code.phrase
    }
  }

  private var remedy: String? { (advice ?? code.usualAdvice).map { visibleText($0.utf8) } }
}

extension CheckpointError.Code {
  /// What the code says where nothing more precise is known.
  fileprivate var phrase: String {
    switch self {
    case .truncated: "the file ends too early"
    case .malformed: "the syntax is broken"
    case .notACheckpoint: "this is not a checkpoint"
    case .badHeader: "the header is not valid"
    case .badValue: "the value is not valid"
    case .badChecksum: "the checksum does not match"
    case .duplicateName: "the name occurs twice"
    case .overlap: "two parts share the same bytes"
    case .hole: "bytes that belong to nothing"
    case .trailingBytes: "bytes after the end"
    case .encrypted: "the content is encrypted"
    case .unsupported: "this is not supported"
    case .limitExceeded: "a limit is exceeded"
    case .missingShard: "a shard is missing"
    case .unsafePath: "the path leads out of the folder"
    case .notFound: "there is no such file"
    case .notARegularFile: "this is not a regular file"
    case .noPermission: "permission denied"
    case .io: "the system could not read it"
    case .changedOnDisk: "the file has changed on disk"
    case .locked: "another program is saving this file"
    case .exists: "the file exists already"
    case .noSpace: "not enough free space"
    case .saveFailed: "saving failed, nothing was changed"
    case .cancelled: "cancelled, nothing was changed"
    }
  }

  /// What to do where the thrower has no better advice.
  fileprivate var usualAdvice: String? {
    switch self {
    case .truncated: "download or copy the file again"
    case .badChecksum: "download or copy the file again"
    case .changedOnDisk: "open it again"
    case .locked: "wait until it is done, then try again"
    case .exists: "choose another name, or ask to replace it"
    case .noSpace: "free some space, or save elsewhere"
    default: nil
    }
  }
}

/// A number of bytes in words.
func byteCount(_ count: Int) -> String { count == 1 ? "1 byte" : "\(count) bytes" }
