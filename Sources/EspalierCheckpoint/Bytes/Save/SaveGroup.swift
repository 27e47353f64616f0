import Glibc

/// Gives several finished files their names together, as far as a file system can: all are written and
/// verified first, then renamed in order (the index last), and a failure on the way undoes the renames.
package enum SaveGroup {
  package static func commit(_ files: [AtomicFile]) throws(CheckpointError) {
    do throws(CheckpointError) {
      for file in files where file.state == .writing { try file.prepare() }
      for file in files { try check(file) }
      try publish(files)
    } catch {
      for file in files { file.cancel() }
      throw error
    }
    for file in files { file.finishPublishing() }
  }

  /// Throws `noSpace` unless `size` bytes are free in the folder where `path` lies.
  package static func checkSpace(_ size: Int, for path: FilePath) throws(CheckpointError) {
    let calls = SystemCalls()
    let folder = try system(path, "opening its folder") { () throws(SystemFailure) in
      try calls.openFolder(path.folder)
    }
    defer { calls.close(folder) }
    try SaveTarget.checkSpace(size, folder: folder, path: path, calls)
  }

  /// Nothing may have changed while the files were written.
  private static func check(_ file: AtomicFile) throws(CheckpointError) {
    guard file.state == .prepared else {
      throw CheckpointError(.saveFailed, file: file.path, found: "a save that has ended already")
    }
    if file.options.isCancelled() { throw CheckpointError(.cancelled, file: file.path) }
    for input in file.options.inputs { try input.checkUnchanged() }
    try file.target.checkUnchanged()
  }

  private static func publish(_ files: [AtomicFile]) throws(CheckpointError) {
    var named: [(file: AtomicFile, step: Step)] = []
    do throws(CheckpointError) {
      for file in files { named.append((file, try giveName(to: file))) }
      for file in files {
        try system(file.path, "writing the folder to disk") { () throws(SystemFailure) in
          try file.calls.synchroniseFolder(file.target.folder)
        }
      }
    } catch {
      for (file, step) in named.reversed() { undo(step, of: file) }
      throw error
    }
    // Of a file that was replaced, the old content has the temporary name now.
    for (file, step) in named where step == .exchanged {
      try? file.calls.remove(file.temporary, in: file.target.folder)
    }
  }

  /// How a file got its name, and so how it can lose it again.
  private enum Step { case exchanged, created, overwritten }

  private static func giveName(to file: AtomicFile) throws(CheckpointError) -> Step {
    let (calls, target) = (file.calls, file.target)
    return try system(file.path, "renaming") { () throws(SystemFailure) in
      if target.old == nil {
        try createName(for: file)
        return .created
      }
      // Swapping the two keeps the old file until all is done, so that it can be put back.
      do throws(SystemFailure) {
        try calls.exchange(file.temporary, with: target.name, in: target.folder)
        return .exchanged
      } catch  where meansUnsupported(error) {
        try calls.rename(file.temporary, over: target.name, in: target.folder)
        return .overwritten
      }
    }
  }

  private static func createName(for file: AtomicFile) throws(SystemFailure) {
    let (calls, target) = (file.calls, file.target)
    do {
      try calls.renameNew(file.temporary, to: target.name, in: target.folder)
    } catch  where meansUnsupported(error) {
      // A link fails where the name is taken, which a rename would not.
      try calls.link(file.temporary, to: target.name, in: target.folder)
      try? calls.remove(file.temporary, in: target.folder)
    }
  }

  private static func undo(_ step: Step, of file: AtomicFile) {
    let (calls, target) = (file.calls, file.target)
    switch step {
    case .exchanged: try? calls.exchange(file.temporary, with: target.name, in: target.folder)
    case .created: try? calls.remove(target.name, in: target.folder)
    // A file system that cannot swap names: the new content, whole and verified, stays.
    case .overwritten: break
    }
    try? calls.synchroniseFolder(target.folder)
  }

  private static func meansUnsupported(_ failure: SystemFailure) -> Bool {
    [EINVAL, ENOSYS, ENOTSUP].contains(failure.error)
  }
}
