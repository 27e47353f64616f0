import Glibc
import Synchronization
import Testing

@testable import EspalierCheckpoint

/// Every system call of a save is made to fail in turn; whatever fails, the old files are as they were
/// and no other file remains.
@Suite struct SaveFailureTests {
  /// Counts calls and fails the chosen one.
  final class Saboteur: Sendable {
    private let state = Mutex((count: 0, failed: SystemCalls.Name?.none))
    let target: Int
    let error: Int32
    let spare: Set<SystemCalls.Name>

    init(failing target: Int, with error: Int32, sparing spare: Set<SystemCalls.Name> = []) {
      self.target = target
      self.error = error
      self.spare = spare
    }

    var failed: SystemCalls.Name? { state.withLock { $0.failed } }

    func outcome(_ name: SystemCalls.Name) -> SystemCalls.Outcome {
      state.withLock { state in
        if spare.contains(name) { return .proceed }
        defer { state.count += 1 }
        guard state.count == target else { return .proceed }
        state.failed = name
        return .fail(error)
      }
    }
  }

  func options(_ saboteur: Saboteur) -> SaveOptions {
    var options = SaveOptions(replace: true)
    options.bufferSize = 1024
    options.calls.before = { saboteur.outcome($0) }
    return options
  }

  func saveOne(_ folder: TemporaryFolder, _ saboteur: Saboteur) throws(CheckpointError) {
    let input = try InputFile(folder.file("in"))
    let file = try AtomicFile(folder.file("a"), options: options(saboteur))
    try file.append(pattern(3000))
    try file.copy(0..<2500, of: input)
    try file.write([1, 2, 3], at: 100)
    try file.commit()
  }

  func saveThree(_ folder: TemporaryFolder, _ saboteur: Saboteur) throws(CheckpointError) {
    var files: [AtomicFile] = []
    for (index, name) in ["a", "new", "in"].enumerated() {
      let file = try AtomicFile(folder.file(name), options: options(saboteur))
      try file.append(pattern(1500, seed: UInt64(index + 50)))
      files.append(file)
    }
    try SaveGroup.commit(files)
  }

  /// `.remove` is how a failed save cleans up, so it cannot be promised to work when it fails.
  @Test(arguments: [EIO, ENOSPC, EPERM, EACCES, EINVAL, ENOSYS, ENOENT], [false, true])
  func anyFailureLeavesTheOldFiles(error: Int32, group: Bool) throws {
    var failed: Set<SystemCalls.Name> = []
    for target in 0..<500 {
      let folder = TemporaryFolder()
      folder.write("a", [1])
      folder.write("in", pattern(2500, seed: 3))
      // Attributes that may not be kept are let go with EPERM, so the save goes on: see below.
      let saboteur = Saboteur(failing: target, with: error, sparing: [.remove])
      let thrown = failure { () throws(CheckpointError) in
        if group { try saveThree(folder, saboteur) } else { try saveOne(folder, saboteur) }
      }
      guard let call = saboteur.failed else {
        #expect(thrown == nil)
        #expect(target > 15)
        return check(failed)
      }
      failed.insert(call)
      #expect(folder.names.filter { $0.hasSuffix(".tmp") } == [], "\(call) \(error)")
      if thrown != nil {
        #expect(folder.names == ["a", "in"], "\(call) \(error)")
        #expect(folder.read("a") == [1], "\(call) \(error)")
        #expect(folder.read("in") == pattern(2500, seed: 3), "\(call) \(error)")
      } else {
        #expect(folder.read("a") != [1], "\(call) \(error)")
      }
    }
    Issue.record("the save makes no end of calls")
  }

  func check(_ failed: Set<SystemCalls.Name>) {
    #expect(failed.isSuperset(of: [.openFolder, .createTemporary, .status, .write, .read]))
    #expect(failed.isSuperset(of: [.synchronise, .changeMode, .exchange, .synchroniseFolder]))
  }

  @Test func failuresThatMustStopASaveDo() {
    let mustStop: Set<SystemCalls.Name> = [
      .openFolder, .createTemporary, .status, .access, .lock, .read, .write, .copy, .synchronise,
      .changeMode, .listAttributes, .exchange, .synchroniseFolder, .open,
    ]
    for target in 0..<500 {
      let folder = TemporaryFolder()
      folder.write("a", [1])
      folder.write("in", pattern(2500, seed: 3))
      let saboteur = Saboteur(failing: target, with: EIO)
      let thrown = failure { () throws(CheckpointError) in try saveOne(folder, saboteur) }
      guard let call = saboteur.failed else { return }
      if mustStop.contains(call) { #expect(thrown != nil, "\(call)") }
    }
  }

  @Test func transfersInSmallPartsAreCompleted() throws {
    let folder = TemporaryFolder()
    folder.write("in", pattern(2500, seed: 3))
    var options = SaveOptions()
    options.bufferSize = 1024
    options.calls.before = { _ in .partial(100) }
    let input = try InputFile(folder.file("in"), calls: options.calls)
    let file = try AtomicFile(folder.file("a"), options: options)
    try file.append(pattern(3000))
    try file.copy(0..<2500, of: input)
    try file.commit()
    #expect(folder.read("a") == pattern(3000) + pattern(2500, seed: 3))
  }

  @Test(arguments: [EXDEV, ENOSYS, EINVAL, ENOTSUP]) func copiesByHandWhereTheSystemCannot(
    error: Int32
  ) throws {
    let folder = TemporaryFolder()
    let input = try InputFile(folder.write("in", pattern(5000, seed: 3)))
    var options = SaveOptions()
    options.bufferSize = 1024
    options.calls.before = { $0 == .copy ? .fail(error) : .proceed }
    let file = try AtomicFile(folder.file("a"), options: options)
    try file.copy(100..<5000, of: input)
    try file.commit()
    #expect(folder.read("a") == Array(pattern(5000, seed: 3)[100...]))
  }

  @Test func renamesWhereTheSystemCannotSwap() throws {
    let folder = TemporaryFolder()
    folder.write("a", [1])
    var options = SaveOptions(replace: true)
    options.calls.before = { $0 == .exchange ? .fail(EINVAL) : .proceed }
    let file = try AtomicFile(folder.file("a"), options: options)
    try file.append([2])
    try file.commit()
    #expect(folder.read("a") == [2])
    #expect(folder.names == ["a"])
  }
}
