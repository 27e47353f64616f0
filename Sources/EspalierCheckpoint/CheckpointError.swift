/// Why a file could not be read or saved, as data; `ErrorSentence.swift` words it.
public struct CheckpointError: Error, Sendable, Equatable {
  /// What kind of failure it is. The raw values are stable: scripts may rely on them.
  public enum Code: String, Sendable, CaseIterable {
    // The bytes are not what they should be.
    case truncated
    case malformed
    case notACheckpoint = "not-a-checkpoint"
    case badHeader = "bad-header"
    case badValue = "bad-value"
    case badChecksum = "bad-checksum"
    case duplicateName = "duplicate-name"
    case overlap
    case hole
    case trailingBytes = "trailing-bytes"
    case encrypted
    case unsupported
    case limitExceeded = "limit-exceeded"
    case missingShard = "missing-shard"
    case unsafePath = "unsafe-path"
    // The file could not be reached.
    case notFound = "not-found"
    case notARegularFile = "not-a-regular-file"
    case noPermission = "no-permission"
    case io
    // Something else holds or changes it.
    case changedOnDisk = "changed-on-disk"
    case locked
    // It could not be saved.
    case exists
    case noSpace = "no-space"
    case saveFailed = "save-failed"
    case cancelled
  }

  public var code: Code
  /// The file as the user named it.
  public var file: FilePath
  /// Where in the file, in bytes from its start.
  public var offset: Int?
  /// The field of a header, or the path of a leaf. Names are bytes.
  public var place: [UInt8]?
  public var found: String?
  public var expected: String?
  /// What to do about it, where there is something to do.
  public var advice: String?

  public init(
    _ code: Code, file: FilePath, offset: Int? = nil, place: [UInt8]? = nil,
    found: String? = nil, expected: String? = nil, advice: String? = nil
  ) {
    self.code = code
    self.file = file
    self.offset = offset
    self.place = place
    self.found = found
    self.expected = expected
    self.advice = advice
  }

  /// The same with a place given as text.
  public init(
    _ code: Code, file: FilePath, offset: Int? = nil, field: String,
    found: String? = nil, expected: String? = nil, advice: String? = nil
  ) {
    self.init(
      code, file: file, offset: offset, place: Array(field.utf8), found: found,
      expected: expected, advice: advice)
  }
}
