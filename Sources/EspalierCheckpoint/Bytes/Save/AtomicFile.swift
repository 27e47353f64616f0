import CSystem
import Glibc

/// A file being saved. It grows under a temporary name beside its target and takes the target's name
/// only when it is whole, on disk and verified; until then, and after any failure, the old file is as
/// it was and nothing else remains.
///
/// Every error ends the save. Reading from the very file that is to be replaced works: an `InputFile`
/// keeps what it opened. Not for use from several tasks at once.
package final class AtomicFile {
  /// As the user gave it.
  package var path: FilePath { target.path }
  /// Where the next appended byte goes; the size so far.
  package private(set) var position = 0

  enum State { case writing, prepared, published, ended }

  let target: SaveTarget
  let options: SaveOptions
  let temporary: FilePath
  private(set) var state = State.writing
  let descriptor: Int32
  private let cleanup: Int32
  private(set) var written = WrittenExtents()
  /// Appended and not yet written; ends at `position`.
  private var pending: [UInt8] = []

  var calls: SystemCalls { options.calls }

  /// Locks the target, checks inputs and space, and creates the temporary file. Throws `exists`,
  /// `locked`, `changedOnDisk`, `noSpace`, `notARegularFile`, `noPermission`.
  package init(_ path: FilePath, options: SaveOptions = SaveOptions()) throws(CheckpointError) {
    for input in options.inputs { try input.checkUnchanged() }
    let target = try SaveTarget(path, options: options)
    do throws(CheckpointError) {
      (temporary, descriptor, cleanup) = try Self.createTemporary(in: target, options.calls)
    } catch {
      target.close()
      throw error
    }
    self.target = target
    self.options = options
  }

  deinit { cancel() }

  /// Ends a program cleanly while saves may be under way: removes what is unfinished, now and when a
  /// signal ends the process. For programs, not for libraries: it installs signal handlers.
  package static func removesUnfinishedFilesOnSignals() { cs_temporary_guard() }
  package static func removeUnfinishedFiles() { cs_temporary_remove_all() }

  /// Ends the save; removes what was written. Does nothing after `commit`.
  package func cancel() {
    guard state == .writing || state == .prepared else { return }
    try? calls.remove(temporary, in: target.folder)
    close()
  }

  // MARK: Writing

  package func append(_ bytes: [UInt8]) throws(CheckpointError) {
    try step { () throws(CheckpointError) in try appendRaw(bytes.span.bytes) }
  }

  package func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    try step { () throws(CheckpointError) in try appendRaw(bytes.bytes) }
  }

  /// Writes over bytes at an earlier place, or beyond the end, which leaves zeros between.
  package func write(_ bytes: [UInt8], at offset: Int) throws(CheckpointError) {
    try step { () throws(CheckpointError) in
      guard offset >= 0, offset <= Int.max - bytes.count else {
        throw CheckpointError(.saveFailed, file: path, offset: offset, found: "an offset too large")
      }
      let pendingStart = position - pending.count
      if offset >= pendingStart, offset + bytes.count <= position {
        let start = offset - pendingStart
        pending.replaceSubrange(start..<(start + bytes.count), with: bytes)
        return
      }
      try flush()
      try writeOut(bytes.span.bytes, at: offset)
      position = max(position, offset + bytes.count)
    }
  }

  /// Appends a range of another file, or, with `offset`, writes it there. The system copies or shares
  /// the blocks where it can.
  package func copy(
    _ range: Range<Int>, of source: InputFile, at offset: Int? = nil
  ) throws(CheckpointError) {
    try step { () throws(CheckpointError) in
      guard range.lowerBound >= 0, range.upperBound <= source.size else {
        throw CheckpointError(
          .truncated, file: source.path, offset: range.lowerBound,
          found: "a file of \(source.size) bytes", expected: "\(range.count) bytes here")
      }
      if offset == nil, range.count < options.bufferSize / 8 {
        let bytes = try source.read(at: range.lowerBound, count: range.count)
        try appendRaw(bytes.span.bytes)
        return
      }
      try flush()
      let start = offset ?? position
      guard start >= 0, start <= Int.max - range.count else {
        throw CheckpointError(.saveFailed, file: path, offset: start, found: "an offset too large")
      }
      try copyOut(range, of: source, at: start)
      position = max(position, start + range.count)
    }
  }

  /// What was written so far, for checksums over parts that were written out of order.
  func read(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    var bytes: [UInt8] = []
    try step { () throws(CheckpointError) in
      try flush()
      bytes = try readBack(range)
    }
    return bytes
  }

  /// Notes that the file has bytes up to here.
  func reach(_ end: Int) { position = max(position, end) }

  // MARK: Finishing

  /// Writes what is pending, gives the file its attributes, syncs it, reads it back and compares. What
  /// remains is to give it its name: `SaveGroup` does so for several files together.
  package func prepare() throws(CheckpointError) {
    try step { () throws(CheckpointError) in
      try flush()
      try systemStep("keeping mode, owner and attributes") { () throws(SystemFailure) in
        try FileAttributes.apply(from: target.old, to: descriptor, calls)
      }
      try systemStep("writing it to disk") { () throws(SystemFailure) in
        try calls.synchronise(descriptor)
      }
      try verify()
      state = .prepared
    }
  }

  /// Prepares where that was not done, and gives the file its name. After it returns, the file is saved.
  package func commit() throws(CheckpointError) {
    try SaveGroup.commit([self])
  }

  /// Called when the file has its name and will keep it.
  func finishPublishing() {
    state = .published
    close()
  }

  // MARK: Inside

  /// Runs one step of the save; a failure ends it all.
  func step(_ body: () throws(CheckpointError) -> Void) throws(CheckpointError) {
    guard state == .writing else {
      throw CheckpointError(.saveFailed, file: path, found: "a save that has ended already")
    }
    do throws(CheckpointError) {
      if options.isCancelled() { throw CheckpointError(.cancelled, file: path) }
      try body()
    } catch {
      cancel()
      throw error
    }
  }

  func systemStep<T>(
    _ action: String, _ body: () throws(SystemFailure) -> T
  ) throws(CheckpointError) -> T {
    if options.isCancelled() { throw CheckpointError(.cancelled, file: path) }
    return try system(path, action, body)
  }

  private func close() {
    cs_temporary_release(cleanup)
    calls.close(descriptor)
    target.close()
    if state != .published { state = .ended }
    pending = []
  }

  private static func createTemporary(
    in target: SaveTarget, _ calls: SystemCalls
  ) throws(CheckpointError) -> (name: FilePath, descriptor: Int32, cleanup: Int32) {
    for _ in 0..<16 {
      let name = FilePath(
        ".espalier-" + String(UInt64.random(in: .min ... .max), radix: 16) + ".tmp")
      // Before it is there, so that no signal comes between.
      let cleanup = name.withCString { cs_temporary_register(target.folder, $0) } ?? -1
      let descriptor: Int32
      do { descriptor = try calls.createTemporary(name, in: target.folder) } catch {
        cs_temporary_release(cleanup)
        if error.error == EEXIST { continue }
        throw CheckpointError(
          error, file: target.path, doing: "creating a file beside it", otherwise: .saveFailed)
      }
      return (name, descriptor, cleanup)
    }
    throw CheckpointError(.saveFailed, file: target.path, found: "no free temporary name")
  }

  private func appendRaw(_ bytes: RawSpan) throws(CheckpointError) {
    guard position <= Int.max - bytes.byteCount else {
      throw CheckpointError(.saveFailed, file: path, found: "a size beyond \(Int.max) bytes")
    }
    if pending.count + bytes.byteCount > options.bufferSize { try flush() }
    if bytes.byteCount >= options.bufferSize {
      try writeOut(bytes, at: position)
    } else {
      bytes.withUnsafeBytes { pending.append(contentsOf: $0) }
    }
    position += bytes.byteCount
  }

  func flush() throws(CheckpointError) {
    guard !pending.isEmpty else { return }
    let bytes = pending
    pending = []
    try writeOut(bytes.span.bytes, at: position - bytes.count)
  }

  private func writeOut(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
    var done = 0
    while done < bytes.byteCount {
      let count = min(options.bufferSize, bytes.byteCount - done)
      let piece = bytes.extracting(done..<(done + count))
      let start = offset + done
      try record(start..<(start + count), .checksum(checksum(piece)))
      var sent = 0
      while sent < count {
        sent += try send(piece.extracting(sent..<count), to: start + sent)
      }
      done += count
      options.progress?(.writing(offset + done))
    }
  }

  private func copyOut(
    _ range: Range<Int>, of source: InputFile, at offset: Int
  ) throws(CheckpointError) {
    try record(offset..<(offset + range.count), .copy(source, at: range.lowerBound))
    var done = 0
    while done < range.count {
      // Large enough for speed, small enough to be cancelled.
      let count = min(16 * options.bufferSize, range.count - done)
      done += try copyPiece(source, at: range.lowerBound + done, to: offset + done, count: count)
      options.progress?(.writing(offset + done))
    }
  }

  private func copyPiece(
    _ source: InputFile, at from: Int, to offset: Int, count: Int
  ) throws(CheckpointError) -> Int {
    if options.isCancelled() { throw CheckpointError(.cancelled, file: path) }
    do {
      let copied = try calls.copy(
        source.descriptor, at: from, to: descriptor, at: offset, count: count)
      if copied > 0 { return copied }
    } catch {
      guard Self.meansTryOtherwise.contains(error.error) else {
        throw CheckpointError(error, file: path, doing: "copying", otherwise: .saveFailed)
      }
    }
    let bytes = try source.read(at: from, count: min(count, options.bufferSize))
    return try send(bytes.span.bytes, to: offset)
  }

  /// The number of bytes the system took.
  func send(_ bytes: RawSpan, to offset: Int) throws(CheckpointError) -> Int {
    if options.isCancelled() { throw CheckpointError(.cancelled, file: path) }
    do { return try calls.write(descriptor, bytes, at: offset) } catch {
      throw CheckpointError(error, file: path, doing: "writing", otherwise: .saveFailed)
    }
  }

  /// What `copy_file_range` says where the two file systems cannot do it.
  private static let meansTryOtherwise = [EXDEV, EINVAL, ENOSYS, ENOTSUP, EBADF, EPERM]

  func record(
    _ range: Range<Int>, _ content: WrittenExtents.Content
  ) throws(CheckpointError) {
    try written.record(range, content) { (part) throws(CheckpointError) in
      let bytes = try readBack(part)
      return checksum(bytes.span.bytes)
    }
  }
}
