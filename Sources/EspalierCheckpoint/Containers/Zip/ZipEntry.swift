/// One member of a zip archive, as the central directory describes it.
package struct ZipEntry: Sendable, Hashable {
  package enum Method: Sendable, Hashable {
    case stored, deflated
    case other(UInt16)
  }

  /// Bytes; mostly UTF-8.
  package var name: [UInt8]
  package var method: Method
  package var isEncrypted: Bool
  package var crc32: UInt32
  package var compressedSize: Int
  package var size: Int
  /// Of the local header, in the archive's region.
  package var headerOffset: Int
  /// Of the directory's record about it, in the archive's region.
  package var recordOffset: Int

  /// Whether the name is a relative path that stays below its start. Nothing is ever extracted by this
  /// library; a name that is not plain is a sign of a hostile archive.
  package var isPlainName: Bool {
    let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return !name.isEmpty && !name.contains(0) && !name.contains(UInt8(ascii: "\\"))
      && name.first != UInt8(ascii: "/") && !parts.contains { $0.elementsEqual("..".utf8) }
  }
}
