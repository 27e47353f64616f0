import CSystem
import Glibc
import Synchronization
import Testing

@testable import EspalierCheckpoint

@Suite struct AtomicFileTests {
  let folder = TemporaryFolder()

  func save(
    _ name: String, _ bytes: [UInt8], replace: Bool = false
  ) throws(CheckpointError) {
    let file = try AtomicFile(folder.file(name), options: SaveOptions(replace: replace))
    try file.append(bytes)
    try file.commit()
  }

  func mode(_ name: String) -> mode_t {
    var status = stat()
    lstat(folder.text(name), &status)
    return status.st_mode & 0o7777
  }

  @Test(arguments: [0, 1, 4095, 4096, 100_000]) func savesANewFile(count: Int) throws {
    try save("a", pattern(count))
    #expect(folder.read("a") == pattern(count))
    #expect(folder.names == ["a"])
    #expect(mode("a") == 0o666 & ~mode_t(cs_umask()))
  }

  @Test func replacesOnlyWhenAsked() throws {
    folder.write("a", [1])
    #expect(failure { () throws(CheckpointError) in try save("a", [2]) }?.code == .exists)
    #expect(folder.read("a") == [1])
    try save("a", [2], replace: true)
    #expect(folder.read("a") == [2])
    #expect(folder.names == ["a"])
  }

  @Test func nothingRemainsOfACancelledSave() throws {
    folder.write("a", [1])
    do {
      let file = try AtomicFile(folder.file("a"), options: SaveOptions(replace: true))
      try file.append(pattern(10_000))
      #expect(folder.names.count == 2)
    }
    #expect(folder.names == ["a"])
    let file = try AtomicFile(folder.file("b"))
    try file.append([1])
    try file.prepare()
    file.cancel()
    #expect(folder.names == ["a"])
    #expect(failure { () throws(CheckpointError) in try file.commit() } != nil)
    #expect(folder.read("a") == [1])
  }

  @Test func cancellingMidwayEndsIt() throws {
    folder.write("a", [1])
    let asked = Atomic(0)
    // However far the save has come, a wish to end it ends it with nothing changed.
    for limit in 0..<200 {
      asked.store(0, ordering: .relaxed)
      let error = failure { () throws(CheckpointError) in
        var options = SaveOptions(replace: true)
        options.bufferSize = 1000
        options.isCancelled = { asked.add(1, ordering: .relaxed).newValue > limit }
        let file = try AtomicFile(folder.file("a"), options: options)
        try file.append(pattern(5000))
        try file.commit()
      }
      #expect(folder.names == ["a"])
      guard let error else {
        #expect(limit > 10)
        #expect(folder.read("a") == pattern(5000))
        return
      }
      #expect(error.code == .cancelled)
      #expect(folder.read("a") == [1])
    }
    Issue.record("never finished")
  }

  @Test func keepsModeOwnerAndAttributes() throws {
    folder.write("a", [1])
    chmod(folder.text("a"), 0o640)
    if getuid() == 0 { chown(folder.text("a"), 1234, 2345) }
    let descriptor = open(folder.text("a"), O_RDONLY)
    let hasAttributes = cs_set_attribute(descriptor, "user.note", "hello", 5) == 0
    close(descriptor)
    try save("a", [2], replace: true)
    #expect(mode("a") == 0o640)
    var status = stat()
    stat(folder.text("a"), &status)
    if getuid() == 0 { #expect(status.st_uid == 1234 && status.st_gid == 2345) }
    if hasAttributes {
      let descriptor = open(folder.text("a"), O_RDONLY)
      var value = [UInt8](repeating: 0, count: 16)
      #expect(cs_get_attribute(descriptor, "user.note", &value, 16) == 5)
      #expect(value.prefix(5) == Array("hello".utf8)[...])
      close(descriptor)
    }
  }

  @Test func followsLinks() throws {
    folder.write("a", [1])
    symlink("a", folder.text("link"))
    symlink(folder.text("link"), folder.text("link2"))
    try save("link2", [2], replace: true)
    #expect(folder.read("a") == [2])
    symlink("new", folder.text("dangling"))
    try save("dangling", [3])
    #expect(folder.read("new") == [3])
    symlink("loop", folder.text("loop"))
    #expect(failure { () throws(CheckpointError) in try save("loop", [1]) } != nil)
    #expect(folder.names == ["a", "dangling", "link", "link2", "loop", "new"])
    #expect(mode("link") == 0o777)
  }

  @Test func refusesALockedOrUnsuitableTarget() throws {
    folder.write("a", [1])
    let descriptor = open(folder.text("a"), O_RDONLY)
    flock(descriptor, LOCK_EX)
    #expect(
      failure { () throws(CheckpointError) in try save("a", [2], replace: true) }?.code == .locked)
    close(descriptor)
    mkfifo(folder.text("fifo"), 0o600)
    #expect(
      failure { () throws(CheckpointError) in try save("fifo", [2], replace: true) }?.code
        == .notARegularFile)
    #expect(
      failure { () throws(CheckpointError) in try save(".", [2], replace: true) }?.code
        == .notARegularFile)
    #expect(failure { () throws(CheckpointError) in try save("no/where", [2]) }?.code == .notFound)
    #expect(folder.names == ["a", "fifo"])
  }

  @Test func refusesWhenTheDiskIsTooSmall() throws {
    let error = failure { () throws(CheckpointError) in
      _ = try AtomicFile(folder.file("a"), options: SaveOptions(expectedSize: Int.max))
    }
    #expect(error?.code == .noSpace)
    #expect(folder.names == [])
  }

  @Test func refusesWhenSomethingChangedMeanwhile() throws {
    folder.write("a", [1])
    let input = try InputFile(folder.write("in", [5, 5]))
    let options = SaveOptions(replace: true, inputs: [input])
    // The target changes, appears, or the input changes while the save is written.
    for (target, change) in [("a", "a"), ("new", "new"), ("a", "in")] {
      let file = try AtomicFile(folder.file(target), options: options)
      try file.append([9])
      folder.write(change, [7, 7, 7])
      #expect(failure { () throws(CheckpointError) in try file.commit() }?.code == .changedOnDisk)
      #expect(folder.read(change) == [7, 7, 7])
    }
    let error = failure { () throws(CheckpointError) in
      _ = try AtomicFile(folder.file("b"), options: options)
    }
    #expect(error?.code == .changedOnDisk)
    #expect(folder.names == ["a", "in", "new"])
  }

  @Test func savesOverTheFileItReads() throws {
    let bytes = pattern(50_000)
    let input = try InputFile(folder.write("a", bytes))
    let file = try AtomicFile(
      folder.file("a"), options: SaveOptions(replace: true, inputs: [input]))
    try file.append([1, 2, 3])
    try file.copy(10..<40_000, of: input)
    try file.commit()
    #expect(folder.read("a") == [1, 2, 3] + bytes[10..<40_000])
    #expect(try input.read(at: 0, count: 50_000) == bytes)
    #expect(folder.names == ["a"])
  }

  /// Appends, copies and overwrites in any order against a model in memory; verification must accept
  /// each result.
  @Test(arguments: 0..<40) func anyOrderOfWritesVerifies(seed: Int) throws {
    let source = pattern(6000, seed: 99)
    let input = try InputFile(folder.write("in", source))
    var options = SaveOptions()
    options.bufferSize = 512
    let file = try AtomicFile(folder.file("out"), options: options)
    var model: [UInt8] = []
    var choices = pattern(200, seed: UInt64(seed + 1))[...]
    func put(_ bytes: [UInt8], _ offset: Int) {
      while model.count < offset + bytes.count { model.append(0) }
      model.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
    func choose(_ limit: Int) -> Int {
      limit == 0 ? 0 : (Int(choices.removeFirst()) << 8 | Int(choices.removeFirst())) % limit
    }
    for step in 0..<20 {
      let start = choose(3000)
      let range = start..<(start + choose(2000))
      switch choose(4) {
      case 0:
        let bytes = pattern(choose(1500), seed: UInt64(step))
        put(bytes, model.count)
        try file.append(bytes)
      case 1:
        put(Array(source[range]), model.count)
        try file.copy(range, of: input)
      case 2:
        let offset = choose(model.count)
        put(Array(source[range]), offset)
        try file.copy(range, of: input, at: offset)
      default:
        let offset = choose(model.count)
        let bytes = pattern(choose(700), seed: UInt64(step))
        put(bytes, offset)
        try file.write(bytes, at: offset)
      }
      #expect(file.position == model.count)
    }
    try file.commit()
    #expect(folder.read("out") == model)
  }

  @Test func findsWhatTheDiskChanged() throws {
    folder.write("a", [1])
    let source = try InputFile(folder.write("in", pattern(5000)))
    for damage in [0, 500, 1999, 2000, 6999] {
      var options = SaveOptions(replace: true)
      options.bufferSize = 1024
      let name = Mutex("")
      options.calls.before = { [folder] call in
        // The moment the file is synced, another hand damages it.
        if call == .synchronise {
          let descriptor = open(folder.text(name.withLock { $0 }), O_RDWR)
          var byte: UInt8 = 0
          pread(descriptor, &byte, 1, damage)
          byte ^= 0x40
          pwrite(descriptor, &byte, 1, damage)
          close(descriptor)
        }
        return .proceed
      }
      let file = try AtomicFile(folder.file("a"), options: options)
      name.withLock { $0 = folder.names.first ?? "" }
      try file.append(pattern(2000, seed: 7))
      try file.copy(0..<5000, of: source)
      let error = failure { () throws(CheckpointError) in try file.commit() }
      #expect(error?.code == .saveFailed)
      #expect(error?.found == "other bytes than were written")
      #expect(folder.read("a") == [1])
      #expect(folder.names == ["a", "in"])
    }
  }

  @Test func aSignalHandlerCanRemoveUnfinishedFiles() throws {
    // What `cs_temporary_remove_all` walks; called for one slot here, because other tests save too.
    let file = try AtomicFile(folder.file("a"))
    try file.append([1])
    #expect(folder.names.count == 1)
    #expect(cs_temporary_register(-1, String(repeating: "n", count: 64)) == -1)
    file.cancel()
    #expect(folder.names == [])
  }
}
