import Glibc

/// A folder that files are saved into: made where there is none, and removed again when the save
/// fails.
struct SaveFolder {
  let path: FilePath
  private let isNew: Bool

  init(_ path: FilePath) throws(CheckpointError) {
    self.path = path
    let code = path.withCString { mkdir($0, 0o777) == 0 ? 0 : errno } ?? EINVAL
    isNew = code == 0
    if code == 0 || code == EEXIST { return }
    throw CheckpointError(
      SystemFailure(call: .openFolder, error: code), file: path, doing: "making the folder",
      otherwise: .saveFailed)
  }

  /// Removes the folder if this save made it; it is empty then.
  func removeIfNew() {
    if isNew { _ = path.withCString { rmdir($0) } }
  }
}
