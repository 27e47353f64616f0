import EspalierCheckpoint
import Glibc
import Testing

@Suite struct InputFileTests {
  let folder = TemporaryFolder()

  @Test func readsAnyRange() throws {
    let bytes = pattern(1000)
    let file = try InputFile(folder.write("a", bytes))
    #expect(file.size == 1000)
    for range in [0..<0, 0..<1, 999..<1000, 1000..<1000, 10..<990, 0..<1000] {
      #expect(try file.read(at: range.lowerBound, count: range.count) == Array(bytes[range]))
    }
  }

  @Test(arguments: [(0, 11), (10, 1), (11, 0), (-1, 1), (0, -1), (Int.max, Int.max), (5, Int.max)])
  func refusesRangesBeyondTheEnd(offset: Int, count: Int) throws {
    let file = try InputFile(folder.write("a", pattern(10)))
    let error = failure { () throws(CheckpointError) in _ = try file.read(at: offset, count: count)
    }
    #expect(error?.code == .truncated)
  }

  @Test func refusesWhatIsNotARegularFile() {
    mkfifo(folder.text("fifo"), 0o600)
    let kinds: [(FilePath, CheckpointError.Code, String?)] = [
      (folder.file("fifo"), .notARegularFile, "a named pipe"),
      (folder.path, .notARegularFile, "a folder"),
      ("/dev/null", .notARegularFile, "a device"),
      (folder.file("absent"), .notFound, nil),
      (FilePath(bytes: folder.file("fifo").bytes + [0, 65]), .notFound, nil),
    ]
    for (path, code, found) in kinds {
      let error = failure { () throws(CheckpointError) in _ = try InputFile(path) }
      #expect(error?.code == code)
      if let found { #expect(error?.found == found) }
    }
  }

  @Test func noticesThatTheFileShrank() throws {
    let file = try InputFile(folder.write("a", pattern(100)))
    truncate(folder.text("a"), 50)
    #expect(try file.read(at: 0, count: 50) == Array(pattern(100).prefix(50)))
    let error = failure { () throws(CheckpointError) in _ = try file.read(at: 40, count: 20) }
    #expect(error?.code == .changedOnDisk)
    #expect(error?.offset == 50)
    #expect(
      failure { () throws(CheckpointError) in try file.checkUnchanged() }?.code == .changedOnDisk)
  }

  @Test func noticesThatTheNameLeadsElsewhere() throws {
    let file = try InputFile(folder.write("a", pattern(100)))
    try file.checkUnchanged()
    folder.write("b", pattern(100))
    rename(folder.text("b"), folder.text("a"))
    #expect(
      failure { () throws(CheckpointError) in try file.checkUnchanged() }?.code == .changedOnDisk)
    unlink(folder.text("a"))
    #expect(
      failure { () throws(CheckpointError) in try file.checkUnchanged() }?.code == .changedOnDisk)
    #expect(try file.read(at: 0, count: 100) == pattern(100))
  }

  @Test func regionsStayInsideTheirRange() throws {
    let bytes = pattern(100)
    let whole = ByteRegion(try InputFile(folder.write("a", bytes)))
    let part = try whole.slice(at: 10, count: 20)
    let inner = try part.slice(at: 5, count: 15)
    #expect(try inner.readAll(limit: 15, field: "x") == Array(bytes[15..<30]))
    #expect(inner.origin.offset == 15)
    for (offset, count) in [(0, 16), (15, 1), (16, 0), (-1, 1), (3, Int.max), (Int.max, 3)] {
      let error = failure { () throws(CheckpointError) in
        _ = try inner.read(at: offset, count: count)
      }
      #expect(error?.code == .truncated)
    }
    let error = failure { () throws(CheckpointError) in _ = try inner.readAll(limit: 14, field: "x")
    }
    #expect(error?.code == .limitExceeded)
    #expect(try inner.prefix(4000).count == 15)
  }

  @Test func neighboursAreOnePlainComponent() throws {
    let file: FilePath = "/data/model.safetensors.index.json"
    #expect(try file.neighbour(Array("model-1.safetensors".utf8)) == "/data/model-1.safetensors")
    #expect(try FilePath("index.json").neighbour(Array("m".utf8)) == "m")
    for name in ["", ".", "..", "a/b", "/etc/passwd", "../x", "a\0b"] {
      let error = failure { () throws(CheckpointError) in _ = try file.neighbour(Array(name.utf8)) }
      #expect(error?.code == .unsafePath)
    }
  }

  @Test func hashesWhatSHA256Promises() throws {
    #expect(
      hexadecimal(SHA256.hash(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    let bytes = pattern(3000)
    let region = ByteRegion(try InputFile(folder.write("a", bytes)))
    var pieces = SHA256()
    pieces.update(Array(bytes[..<1]))
    pieces.update(Array(bytes[1...]))
    #expect(try SHA256.hash(region) == SHA256.hash(bytes))
    #expect(pieces.finalize() == SHA256.hash(bytes))
  }
}
