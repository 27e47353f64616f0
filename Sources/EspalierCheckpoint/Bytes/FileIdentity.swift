import Glibc

/// What tells one state of one file from another: the same numbers, the same bytes, as far as the
/// system can tell.
package struct FileIdentity: Sendable, Hashable {
  package var device: UInt64
  package var inode: UInt64
  /// Bytes.
  package var size: Int
  /// Nanoseconds since 1970.
  package var modified: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
  }
}

/// What stands under a name, in the words of an error.
func kindOfFile(_ status: stat) -> String {
  switch status.st_mode & S_IFMT {
  case S_IFREG: "a regular file"
  case S_IFDIR: "a folder"
  case S_IFIFO: "a named pipe"
  case S_IFSOCK: "a socket"
  case S_IFCHR, S_IFBLK: "a device"
  case S_IFLNK: "a symbolic link"
  default: "something else"
  }
}

func isRegularFile(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }
