import Glibc

/// A regular file open for reading, by position: safe to share between tasks. It keeps the file it
/// opened, even when another takes its name.
public final class InputFile: Sendable {
  /// As the user named it.
  public let path: FilePath
  /// As it was when the file was opened.
  package let identity: FileIdentity
  /// Bytes.
  public var size: Int { identity.size }

  let descriptor: Int32
  private let calls: SystemCalls

  /// Opens a regular file, following links.
  ///
  /// - Throws: `notFound`, `notARegularFile`, `noPermission` or `io`.
  public convenience init(_ path: FilePath) throws(CheckpointError) {
    try self.init(path, calls: SystemCalls())
  }

  init(_ path: FilePath, calls: SystemCalls) throws(CheckpointError) {
    let descriptor: Int32
    do { descriptor = try calls.open(path) } catch {
      throw CheckpointError(error, file: path, doing: "opening")
    }
    let status: stat
    do { status = try calls.status(descriptor) } catch {
      calls.close(descriptor)
      throw CheckpointError(error, file: path, doing: "opening")
    }
    guard isRegularFile(status) else {
      calls.close(descriptor)
      throw CheckpointError(
        .notARegularFile, file: path, found: kindOfFile(status), expected: "a regular file")
    }
    self.path = path
    self.calls = calls
    self.descriptor = descriptor
    identity = FileIdentity(status)
  }

  /// A file in memory, for content that other files hold in another form.
  ///
  /// - Parameters:
  ///   - path: of the file that the content is from, for errors.
  ///   - fill: hands over the content, piece by piece.
  init(
    inMemoryFor path: FilePath,
    _ fill: (_ append: ([UInt8]) throws(CheckpointError) -> Void) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let calls = SystemCalls()
    let descriptor = try system(path, "making room in memory", otherwise: .io) {
      () throws(SystemFailure) in try calls.createInMemory()
    }
    let status: stat
    do throws(CheckpointError) {
      var position = 0
      try fill { (bytes) throws(CheckpointError) in
        var sent = 0
        while sent < bytes.count {
          let rest = bytes.span.bytes.extracting(sent..<bytes.count)
          sent += try system(path, "unpacking", otherwise: .io) { () throws(SystemFailure) in
            try calls.write(descriptor, rest, at: position + sent)
          }
        }
        position += bytes.count
      }
      status = try system(path, "unpacking", otherwise: .io) { () throws(SystemFailure) in
        try calls.status(descriptor)
      }
    } catch {
      calls.close(descriptor)
      throw error
    }
    self.path = path
    self.calls = calls
    self.descriptor = descriptor
    identity = FileIdentity(status)
  }

  deinit { calls.close(descriptor) }

  /// All of `count` bytes from `offset`; throws `truncated` where the file does not hold them.
  public func read(at offset: Int, count: Int) throws(CheckpointError) -> [UInt8] {
    try checkRange(at: offset, count: count)
    var failure: CheckpointError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(CheckpointError) {
        try fill(
          UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
          at: offset)
        initialized = count
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Fills the whole buffer from `offset`.
  public func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
    throws(CheckpointError)
  {
    try checkRange(at: offset, count: buffer.count)
    try fill(buffer, at: offset)
  }

  /// Throws `changedOnDisk` unless the name still leads to the file as it was opened.
  public func checkUnchanged() throws(CheckpointError) {
    let now: stat
    do { now = try calls.status(path) } catch {
      throw CheckpointError(
        .changedOnDisk, file: path, found: "no file under this name (\(error.reason))",
        expected: "the file that was opened")
    }
    guard FileIdentity(now) == identity else {
      throw CheckpointError(
        .changedOnDisk, file: path, found: "another or a changed file under this name",
        expected: "the file that was opened")
    }
  }

  private func checkRange(at offset: Int, count: Int) throws(CheckpointError) {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw CheckpointError(
        .truncated, file: path, offset: offset, found: "a file of \(byteCount(size))",
        expected: "\(byteCount(count)) here")
    }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int)
    throws(CheckpointError)
  {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count: Int
      do { count = try calls.read(descriptor, into: rest, at: offset + done) } catch {
        throw CheckpointError(error, file: path, offset: offset + done, doing: "reading")
      }
      // The range was inside the file when it was opened.
      guard count > 0 else {
        throw CheckpointError(
          .changedOnDisk, file: path, offset: offset + done, found: "the end of the file",
          expected: "\(byteCount(size)), as when it was opened")
      }
      done += count
    }
  }
}

extension CheckpointError {
  /// A system call that failed, as an error of this library.
  init(
    _ failure: SystemFailure, file: FilePath, offset: Int? = nil, doing action: String,
    otherwise code: Code = .io
  ) {
    let known: Code? =
      switch failure.error {
      case ENOENT, ENOTDIR: .notFound
      case EACCES, EPERM, EROFS: .noPermission
      case ENOSPC, EDQUOT, EFBIG: .noSpace
      case EWOULDBLOCK: failure.call == .lock ? .locked : nil
      case EEXIST: .exists
      default: nil
      }
    self.init(
      known ?? code, file: file, offset: offset, found: "“\(failure.reason)” while \(action)")
  }
}
