import EspalierTree

extension ZipCopy.Content {
  /// The content of a member that has to be written as a file of its own before it is compressed.
  /// That file lies beside the target and is removed.
  ///
  /// - Parameter write: writes the file; false where it is as it was.
  static func file(
    beside path: FilePath, _ write: (AtomicFile) throws -> Bool
  ) throws -> ZipCopy.Content? {
    let scratch = try AtomicFile(
      path.folder.appending(path.name + Array(".unpacked".utf8)), options: SaveOptions())
    guard try write(scratch) else { return nil }
    return ZipCopy.Content { append in
      var at = 0
      while at < scratch.position {
        let end = min(scratch.position, at + ZipArchive.pieceSize)
        try append(try scratch.read(at..<end))
        at = end
      }
      scratch.cancel()
    }
  }
}
