import CSystem
import Glibc

/// Gives a finished file the mode, owner and extended attributes of the one it replaces, or the mode
/// that any new file would have.
enum FileAttributes {
  static func apply(
    from old: SaveTarget.OldFile?, to descriptor: Int32, _ calls: SystemCalls
  ) throws(SystemFailure) {
    guard let old else { return try calls.changeMode(descriptor, 0o666 & ~mode_t(cs_umask())) }
    let mode = try keepOwner(of: old, on: descriptor, calls)
    // After the owner, because changing that clears set-user-ID; before the attributes, because an
    // access control list refines the mode.
    try calls.changeMode(descriptor, mode)
    try copyExtended(from: old.descriptor, to: descriptor, calls)
  }

  /// The mode that may be given afterwards. Where the group cannot be kept, the file's new group must
  /// not be able to do more than everybody; where the owner cannot be kept, set-user-ID is dropped.
  private static func keepOwner(
    of old: SaveTarget.OldFile, on descriptor: Int32, _ calls: SystemCalls
  ) throws(SystemFailure) -> mode_t {
    let mode = old.status.st_mode & 0o7777
    let mine = try calls.status(descriptor)
    if mine.st_uid == old.status.st_uid, mine.st_gid == old.status.st_gid { return mode }
    do {
      try calls.changeOwner(descriptor, user: old.status.st_uid, group: old.status.st_gid)
      return mode
    } catch  where error.error != EPERM { throw error } catch {}
    do {
      try calls.changeOwner(descriptor, user: uid_t.max, group: old.status.st_gid)
      return mode & 0o1777
    } catch  where error.error != EPERM { throw error } catch {}
    return mode & 0o1707 | (mode & 0o7) << 3
  }

  private static func copyExtended(
    from old: Int32, to new: Int32, _ calls: SystemCalls
  ) throws(SystemFailure) {
    let names: [FilePath]
    do { names = try calls.attributeNames(old) } catch  where error.error == ENOTSUP { return }
    for name in names {
      do {
        try calls.setAttribute(name, to: try calls.attribute(name, of: old), of: new)
      }  // Only the system's own attributes may be refused to an ordinary user.
      catch  where isOptional(name, error.error) {}
    }
  }

  private static func isOptional(_ name: FilePath, _ error: Int32) -> Bool {
    let isSystem = ["security.", "trusted."].contains { name.bytes.starts(with: $0.utf8) }
    return isSystem && [EPERM, EACCES, ENOTSUP].contains(error) || error == ENODATA
  }
}
