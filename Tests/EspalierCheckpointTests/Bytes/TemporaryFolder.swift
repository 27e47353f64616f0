import EspalierCheckpoint
import Glibc

/// A folder of its own for each test, removed at the end with what is in it (one level deep).
final class TemporaryFolder: Sendable {
  let path: FilePath

  init() {
    var template = Array("/tmp/espalier-test-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    path = FilePath(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
  }

  deinit {
    for name in names { unlink(string(FilePath(name))) }
    rmdir(string(nil))
  }

  func file(_ name: String) -> FilePath { path.appending(Array(name.utf8)) }

  private func string(_ name: FilePath?) -> String {
    String(decoding: (name.map { path.appending($0.bytes) } ?? path).bytes, as: UTF8.self)
  }

  func text(_ name: String) -> String { string(FilePath(name)) }

  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) -> FilePath {
    let descriptor = open(text(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    _ = Glibc.write(descriptor, bytes, bytes.count)
    close(descriptor)
    return file(name)
  }

  /// Makes a file longer without writing anything.
  func extend(_ name: String, to size: Int) throws {
    guard truncate(text(name), off_t(size)) == 0 else { throw CannotExtend() }
  }

  struct CannotExtend: Error {}

  func remove(_ name: String) { unlink(text(name)) }
  func removeFolder(_ name: String) { rmdir(text(name)) }

  /// nil where there is no such file.
  func read(_ name: String) -> [UInt8]? {
    let descriptor = open(text(name), O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    _ = Glibc.read(descriptor, &bytes, bytes.count)
    return bytes
  }

  /// Everything in the folder, hidden files too, in order.
  var names: [String] {
    guard let folder = opendir(string(nil)) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// Bytes that do not repeat soon, the same in every run.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(truncatingIfNeeded: state >> 56)
  }
}

/// The error that `body` throws; nil where it throws none.
func failure(_ body: () throws(CheckpointError) -> Void) -> CheckpointError? {
  do { try body() } catch { return error }
  return nil
}
