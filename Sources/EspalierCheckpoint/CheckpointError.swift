/// Why a file could not be read or saved, as data; `ErrorSentence.swift` words it.
public struct CheckpointError: Error, Sendable, Equatable {
  /// What kind of failure it is. The raw values are stable: scripts may rely on them.
  public enum Code: String, Sendable, CaseIterable {
    // The bytes are not what they should be.
    /// The file ends before what its header promises.
    case truncated
    /// The bytes break the rules of the format.
    case malformed
    /// No format knows the content.
    case notACheckpoint = "not-a-checkpoint"
    /// The header contradicts itself or the file.
    case badHeader = "bad-header"
    /// A field has a value that it cannot have.
    case badValue = "bad-value"
    /// Bytes do not have the checksum that the file stores for them.
    case badChecksum = "bad-checksum"
    /// One name stands for two things.
    case duplicateName = "duplicate-name"
    /// Two arrays claim the same bytes.
    case overlap
    /// Bytes between arrays that no array claims.
    case hole
    /// Bytes after the end of what the format describes.
    case trailingBytes = "trailing-bytes"
    /// The content is encrypted; it is not decrypted.
    case encrypted
    /// A feature of the format, or a request, that is not implemented.
    case unsupported
    /// A count, depth or size beyond what a file may ask for.
    case limitExceeded = "limit-exceeded"
    /// A file that an index names is not there.
    case missingShard = "missing-shard"
    /// A name in the file that would lead out of its folder.
    case unsafePath = "unsafe-path"
    // The file could not be reached.
    /// Nothing is under this path.
    case notFound = "not-found"
    /// A folder, device, pipe or socket in place of a file.
    case notARegularFile = "not-a-regular-file"
    /// The system does not permit it.
    case noPermission = "no-permission"
    /// The system failed to read or write.
    case io
    // Something else holds or changes it.
    /// A file is not what it was when it was opened.
    case changedOnDisk = "changed-on-disk"
    /// Another program is saving to the file.
    case locked
    // It could not be saved.
    /// A file of this name exists, and replacing was not asked for.
    case exists
    /// The disk has fewer free bytes than the save needs.
    case noSpace = "no-space"
    /// Writing, syncing, verifying or renaming failed; the old file is as it was.
    case saveFailed = "save-failed"
    /// The user stopped it.
    case cancelled
  }

  /// What kind of failure it is.
  public var code: Code
  /// The file as the user named it.
  public var file: FilePath
  /// Where in the file, in bytes from its start.
  public var offset: Int?
  /// The field of a header, or the path of a leaf. Names are bytes.
  public var place: [UInt8]?
  /// What stands there.
  public var found: String?
  /// What should stand there.
  public var expected: String?
  /// What to do about it, where there is something to do.
  public var advice: String?

  /// An error at a place that is bytes: the path of a leaf, or a name from the file.
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
