import EspalierTree

/// A path as the system has it: bytes, which need not be text.
public struct FilePath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// As handed to the system, without a NUL at the end.
  public let bytes: [UInt8]

  /// A path from the system; it need not be UTF-8.
  public init(bytes: [UInt8]) { self.bytes = bytes }
  /// A path given as text, in UTF-8.
  public init(_ text: String) { bytes = Array(text.utf8) }
  public init(stringLiteral text: String) { self.init(text) }

  /// For people; never for opening.
  public var description: String { visibleText(bytes) }

  private static let slash = UInt8(ascii: "/")

  /// The last component.
  public var name: [UInt8] {
    guard let slash = bytes.lastIndex(of: Self.slash) else { return bytes }
    return Array(bytes[(slash + 1)...])
  }

  /// The folder that holds the last component; `.` where the path is a mere name.
  public var folder: FilePath {
    guard let slash = bytes.lastIndex(of: Self.slash) else { return "." }
    return slash == 0 ? "/" : FilePath(bytes: Array(bytes[..<slash]))
  }

  /// The path of `component` in this folder; `component` itself where it begins with a slash.
  public func appending(_ component: [UInt8]) -> FilePath {
    if bytes.isEmpty || component.first == Self.slash { return FilePath(bytes: component) }
    let separator = bytes.last == Self.slash ? [] : [Self.slash]
    return FilePath(bytes: bytes + separator + component)
  }

  /// The file of that name beside this one. A name that a file gives must be one plain component:
  /// anything that could lead elsewhere throws `unsafePath`.
  public func neighbour(_ name: [UInt8], at offset: Int? = nil) throws(CheckpointError) -> FilePath
  {
    let plain =
      !name.isEmpty && name != [UInt8(ascii: ".")] && name != Array("..".utf8)
      && !name.contains(Self.slash) && !name.contains(0)
    guard plain else {
      throw CheckpointError(
        .unsafePath, file: self, offset: offset, field: "file name",
        found: "“\(visibleText(name))”", expected: "the name of a file in the same folder")
    }
    return bytes.contains(Self.slash) ? folder.appending(name) : FilePath(bytes: name)
  }

  /// Hands the path to a system call. A NUL inside would cut it short, so such a path is refused.
  func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R? {
    guard !bytes.contains(0) else { return nil }
    return (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { text in text.baseAddress.map(body) }
    }
  }
}
