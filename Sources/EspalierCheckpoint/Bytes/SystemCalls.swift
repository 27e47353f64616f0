import CSystem
import Glibc

/// A system call that failed, and why.
struct SystemFailure: Error, Equatable {
  var call: SystemCalls.Name
  var error: Int32

  /// The system's own words for the error.
  var reason: String {
    var text = [CChar](repeating: 0, count: 256)
    cs_error_text(error, &text, text.count)
    return text.withUnsafeBufferPointer { words in
      String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}

/// The system calls through which files are read and saved. `before` sees each of them first: tests
/// make any call fail, or move fewer bytes than asked.
struct SystemCalls: Sendable {
  enum Name: String, Sendable, CaseIterable {
    case open, openFolder, createTemporary, status, readLink, access, lock, freeSpace
    case read, write, copy, synchronise, changeOwner, changeMode
    case listAttributes, getAttribute, setAttribute
    case rename, exchange, synchroniseFolder, remove
  }

  enum Outcome {
    case proceed
    case fail(Int32)
    /// The call moves at most this many bytes.
    case partial(Int)
  }

  var before: (@Sendable (Name) -> Outcome)?

  // MARK: Opening

  func open(_ path: FilePath) throws(SystemFailure) -> Int32 {
    // O_NONBLOCK: opening a fifo must not wait for a writer. It changes nothing for regular files.
    try call(.open, path) { Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
  }

  func openFolder(_ path: FilePath) throws(SystemFailure) -> Int32 {
    try call(.openFolder, path) { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
  }

  /// Without following a link: what is opened is what stands in the folder.
  func open(_ name: FilePath, in folder: Int32) throws(SystemFailure) -> Int32 {
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW
    return try call(.open, name) { openat(folder, $0, flags) }
  }

  func createTemporary(_ name: FilePath, in folder: Int32) throws(SystemFailure) -> Int32 {
    let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    return try call(.createTemporary, name) { openat(folder, $0, flags, 0o600) }
  }

  /// A file that lives in memory and has no name.
  func createInMemory() throws(SystemFailure) -> Int32 {
    try call(.createTemporary) { cs_memory_file() }
  }

  // MARK: Asking

  func status(_ fd: Int32) throws(SystemFailure) -> stat {
    var status = stat()
    _ = try call(.status) { fstat(fd, &status) }
    return status
  }

  /// Follows links.
  func status(_ path: FilePath) throws(SystemFailure) -> stat {
    var status = stat()
    _ = try call(.status, path) { fstatat(AT_FDCWD, $0, &status, 0) }
    return status
  }

  /// Does not follow links.
  func status(_ name: FilePath, in folder: Int32) throws(SystemFailure) -> stat {
    var status = stat()
    _ = try call(.status, name) { fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) }
    return status
  }

  func readLink(_ name: FilePath, in folder: Int32) throws(SystemFailure) -> FilePath {
    var text = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = try call(.readLink, name) { readlinkat(folder, $0, &text, Int(PATH_MAX)) }
    return FilePath(bytes: text.prefix(count).map { UInt8(bitPattern: $0) })
  }

  func checkWritable(_ name: FilePath, in folder: Int32) throws(SystemFailure) {
    _ = try call(.access, name) { faccessat(folder, $0, W_OK, AT_EACCESS) }
  }

  func lock(_ fd: Int32) throws(SystemFailure) {
    _ = try call(.lock) { flock(fd, LOCK_EX | LOCK_NB) }
  }

  /// Bytes that an ordinary user may still write on the file system of `fd`.
  func freeSpace(_ fd: Int32) throws(SystemFailure) -> UInt64 {
    var status = statvfs()
    _ = try call(.freeSpace) { fstatvfs(fd, &status) }
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return overflow ? .max : bytes
  }

  // MARK: Moving bytes

  /// The number of bytes read; 0 at the end of the file.
  func read(_ fd: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int)
    throws(SystemFailure) -> Int
  {
    try transfer(.read, buffer.count) { pread(fd, buffer.baseAddress, $0, offset) }
  }

  /// The same into an array, from its element `start` on.
  func read(_ fd: Int32, into bytes: inout [UInt8], from start: Int, at offset: Int)
    throws(SystemFailure) -> Int
  {
    try transfer(.read, bytes.count - start) { count in
      bytes.withUnsafeMutableBytes { pread(fd, $0.baseAddress.map { $0 + start }, count, offset) }
    }
  }

  func write(_ fd: Int32, _ bytes: RawSpan, at offset: Int) throws(SystemFailure) -> Int {
    try transfer(.write, bytes.byteCount) { count in
      bytes.withUnsafeBytes { pwrite(fd, $0.baseAddress, count, offset) }
    }
  }

  func copy(_ source: Int32, at from: Int, to target: Int32, at to: Int, count: Int)
    throws(SystemFailure) -> Int
  {
    try transfer(.copy, count) { cs_copy_file_range(source, Int64(from), target, Int64(to), $0) }
  }

  func synchronise(_ fd: Int32) throws(SystemFailure) {
    _ = try call(.synchronise) { fsync(fd) }
  }

  /// Asks that the next read come from the disk and not from memory; a wish, so it cannot fail.
  func forgetCached(_ fd: Int32) {
    _ = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)
  }

  // MARK: Attributes

  func changeOwner(_ fd: Int32, user: uid_t, group: gid_t) throws(SystemFailure) {
    _ = try call(.changeOwner) { fchown(fd, user, group) }
  }

  func changeMode(_ fd: Int32, _ mode: mode_t) throws(SystemFailure) {
    _ = try call(.changeMode) { fchmod(fd, mode) }
  }

  func attributeNames(_ fd: Int32) throws(SystemFailure) -> [FilePath] {
    let bytes = try grown(.listAttributes) { cs_list_attributes(fd, $0, $1) }
    return bytes.split(separator: 0).map { FilePath(bytes: Array($0)) }
  }

  func attribute(_ name: FilePath, of fd: Int32) throws(SystemFailure) -> [UInt8] {
    try grown(.getAttribute) { buffer, count in
      name.withCString { cs_get_attribute(fd, $0, buffer, count) } ?? -1
    }
  }

  func setAttribute(_ name: FilePath, to value: [UInt8], of fd: Int32) throws(SystemFailure) {
    _ = try call(.setAttribute, name) { cs_set_attribute(fd, $0, value, value.count) }
  }

  // MARK: Names

  /// Fails with EEXIST where `new` is there.
  func renameNew(_ old: FilePath, to new: FilePath, in folder: Int32) throws(SystemFailure) {
    _ = try call(.rename, old, new) { cs_rename_noreplace(folder, $0, $1) }
  }

  func rename(_ old: FilePath, over new: FilePath, in folder: Int32) throws(SystemFailure) {
    _ = try call(.rename, old, new) { renameat(folder, $0, folder, $1) }
  }

  /// A second name for a file; fails with EEXIST where `new` is there.
  func link(_ old: FilePath, to new: FilePath, in folder: Int32) throws(SystemFailure) {
    _ = try call(.rename, old, new) { linkat(folder, $0, folder, $1, 0) }
  }

  func exchange(_ old: FilePath, with new: FilePath, in folder: Int32) throws(SystemFailure) {
    _ = try call(.exchange, old, new) { cs_rename_exchange(folder, $0, $1) }
  }

  func synchroniseFolder(_ fd: Int32) throws(SystemFailure) {
    do {
      _ = try call(.synchroniseFolder) { fsync(fd) }
    } catch  where error.error == EINVAL || error.error == EROFS || error.error == ENOTSUP {
      // Some network file systems cannot do this to a folder, and do not need it.
    }
  }

  func remove(_ name: FilePath, in folder: Int32) throws(SystemFailure) {
    _ = try call(.remove, name) { unlinkat(folder, $0, 0) }
  }

  func close(_ fd: Int32) { _ = Glibc.close(fd) }

  // MARK: Calling

  /// Asks `before`, repeats on EINTR, throws on a negative result.
  private func call<R: SignedInteger>(_ name: Name, _ body: () -> R) throws(SystemFailure) -> R {
    if case .fail(let error) = before?(name) { throw SystemFailure(call: name, error: error) }
    while true {
      let result = body()
      if result >= 0 { return result }
      let error = errno
      if error != EINTR { throw SystemFailure(call: name, error: error) }
    }
  }

  private func call<R: SignedInteger>(
    _ name: Name, _ path: FilePath, _ body: (UnsafePointer<CChar>) -> R
  ) throws(SystemFailure) -> R {
    guard !path.bytes.contains(0) else { throw SystemFailure(call: name, error: ENOENT) }
    return try call(name) { path.withCString(body) ?? -1 }
  }

  private func call<R: SignedInteger>(
    _ name: Name, _ old: FilePath, _ new: FilePath,
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> R
  ) throws(SystemFailure) -> R {
    try call(name, old) { first in new.withCString { body(first, $0) } ?? -1 }
  }

  private func transfer(_ name: Name, _ count: Int, _ body: (Int) -> Int)
    throws(SystemFailure) -> Int
  {
    switch before?(name) {
    case .fail(let error): throw SystemFailure(call: name, error: error)
    case .partial(let limit):
      let fewer = min(limit, count)
      return try retried(name) { body(fewer) }
    case .proceed, nil: return try retried(name) { body(count) }
    }
  }

  private func retried(_ name: Name, _ body: () -> Int) throws(SystemFailure) -> Int {
    var calls = self
    calls.before = nil
    return try calls.call(name, body)
  }

  /// For calls that first tell how much room they need; the size may change in between.
  private func grown(_ name: Name, _ body: (UnsafeMutablePointer<CChar>?, Int) -> Int)
    throws(SystemFailure) -> [UInt8]
  {
    for _ in 0..<4 {
      let needed = try call(name) { body(nil, 0) }
      if needed == 0 { return [] }
      var buffer = [CChar](repeating: 0, count: needed)
      do {
        let count = try call(name) {
          buffer.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) }
        }
        return buffer.prefix(count).map { UInt8(bitPattern: $0) }
      } catch  where error.error == ERANGE {
        continue
      }
    }
    throw SystemFailure(call: name, error: ERANGE)
  }
}
