/// One member of a zip archive, as the central directory describes it.
public struct ZipEntry: Sendable, Hashable {
  public enum Method: Sendable, Hashable {
    case stored, deflated
    case other(UInt16)
  }

  /// Bytes; mostly UTF-8.
  public var name: [UInt8]
  public var method: Method
  public var isEncrypted: Bool
  public var crc32: UInt32
  public var compressedSize: Int
  public var size: Int
  /// Of the local header, in the archive's region.
  public var headerOffset: Int
  /// Of the directory's record about it, in the archive's region.
  public var recordOffset: Int

  /// Whether the name is a relative path that stays below its start. Nothing is ever extracted by this
  /// library; a name that is not plain is a sign of a hostile archive.
  public var isPlainName: Bool {
    let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !name.isEmpty && !name.contains(0) && !name.contains(UInt8(ascii: "\\"))
      && name.first != UInt8(ascii: "/") && !parts.contains { $0.elementsEqual("..".utf8) }
  }
}
