import Glibc

/// The place a save leads to: a name in a folder, and the file that has this name now, locked.
///
/// The folder is held open, so that the temporary file and the final name stay together even if the
/// folder itself is renamed meanwhile.
struct SaveTarget {
  /// As the user gave it, for errors.
  let path: FilePath
  let folder: Int32
  let name: FilePath
  /// The file to be replaced, locked; nil where there is none.
  let old: OldFile?
  private let calls: SystemCalls

  struct OldFile {
    let descriptor: Int32
    let status: stat
    var identity: FileIdentity { FileIdentity(status) }
  }

  /// Follows symbolic links: a save replaces what they lead to and leaves them in place.
  init(_ path: FilePath, options: SaveOptions) throws(CheckpointError) {
    self.path = path
    calls = options.calls
    (folder, name) = try Self.resolve(path, calls)
    do throws(CheckpointError) {
      old = try Self.claim(name, in: folder, path: path, options: options)
    } catch {
      calls.close(folder)
      throw error
    }
    do throws(CheckpointError) {
      try checkUnchanged()
      try Self.checkSpace(options.expectedSize, folder: folder, path: path, calls)
    } catch {
      close()
      throw error
    }
  }

  func close() {
    if let old { calls.close(old.descriptor) }
    calls.close(folder)
  }

  /// Throws `changedOnDisk` unless the name leads to what it led to when the save began.
  func checkUnchanged() throws(CheckpointError) {
    let now: FileIdentity?
    do { now = FileIdentity(try calls.status(name, in: folder)) } catch  where error.error == ENOENT
    {
      now = nil
    } catch { throw CheckpointError(error, file: path, doing: "looking at the target") }
    guard now == old?.identity else {
      let found =
        now == nil
        ? "no file under this name"
        : old == nil ? "a file that was not there before" : "another or a changed file"
      throw CheckpointError(
        .changedOnDisk, file: path, found: found, expected: "what was there when saving began",
        advice: "look at it, then save again")
    }
  }

  /// Throws `noSpace` where fewer than `size` bytes are free.
  static func checkSpace(
    _ size: Int?, folder: Int32, path: FilePath, _ calls: SystemCalls
  ) throws(CheckpointError) {
    guard let size, size > 0 else { return }
    let free = try system(path, "asking for the free space") { () throws(SystemFailure) in
      try calls.freeSpace(folder)
    }
    guard free >= UInt64(size) else {
      throw CheckpointError(
        .noSpace, file: path, found: "\(free) bytes free", expected: "\(size) bytes")
    }
  }

  private static func resolve(
    _ path: FilePath, _ calls: SystemCalls
  ) throws(CheckpointError) -> (folder: Int32, name: FilePath) {
    var current = path
    for _ in 0..<40 {
      let name = FilePath(bytes: current.name)
      guard !name.bytes.isEmpty, name != ".", name != ".." else {
        throw CheckpointError(
          .notARegularFile, file: path, found: "a folder", expected: "the name of a file")
      }
      let folder = try system(path, "opening its folder") { () throws(SystemFailure) in
        try calls.openFolder(current.folder)
      }
      let link: FilePath
      // EINVAL: not a link. ENOENT: nothing there yet.
      do { link = try calls.readLink(name, in: folder) } catch
        where [EINVAL, ENOENT].contains(error.error)
      {
        return (folder, name)
      } catch {
        calls.close(folder)
        throw CheckpointError(error, file: path, doing: "following the link")
      }
      calls.close(folder)
      current = current.folder.appending(link.bytes)
    }
    throw CheckpointError(.io, file: path, found: "too many symbolic links in a row")
  }

  /// Opens and locks the file to be replaced.
  private static func claim(
    _ name: FilePath, in folder: Int32, path: FilePath, options: SaveOptions
  ) throws(CheckpointError) -> OldFile? {
    let calls = options.calls
    let descriptor: Int32
    do { descriptor = try calls.open(name, in: folder) } catch  where error.error == ENOENT {
      return nil
    } catch { throw CheckpointError(error, file: path, doing: "opening the file to replace") }
    do throws(CheckpointError) {
      let status = try system(path, "looking at the file to replace") { () throws(SystemFailure) in
        try calls.status(descriptor)
      }
      guard isRegularFile(status) else {
        throw CheckpointError(
          .notARegularFile, file: path, found: kindOfFile(status), expected: "a regular file")
      }
      guard options.replace else { throw CheckpointError(.exists, file: path) }
      // A rename would go through whatever the file's own mode says, so ask.
      try system(path, "asking whether it may be replaced") { () throws(SystemFailure) in
        try calls.checkWritable(name, in: folder)
        try calls.lock(descriptor)
      }
      return OldFile(descriptor: descriptor, status: status)
    } catch {
      calls.close(descriptor)
      throw error
    }
  }
}

/// Runs system calls on behalf of a file; what fails becomes an error that names it.
func system<T>(
  _ file: FilePath, _ action: String, otherwise code: CheckpointError.Code = .saveFailed,
  _ body: () throws(SystemFailure) -> T
) throws(CheckpointError) -> T {
  do { return try body() } catch {
    throw CheckpointError(error, file: file, doing: action, otherwise: code)
  }
}
