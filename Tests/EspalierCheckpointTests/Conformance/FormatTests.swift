import EspalierCheckpoint
import EspalierTree
import Foundation
import Testing

/// What every format of the list has to do.
@Suite struct FormatTests {
  @Test func everyFormatHasACase() {
    #expect(Formats.all.map(\.name) == FormatCase.all.map(\.name))
    #expect(Set(Formats.all.map(\.name)).count == Formats.all.count)
    for format in Formats.all {
      #expect(!format.summary.isEmpty && !format.signature.isEmpty && !format.extensions.isEmpty)
      #expect(Formats.named(format.name)?.name == format.name)
    }
  }

  @Test(arguments: FormatCase.all)
  func contentDecidesAndNotTheName(_ format: FormatCase) throws {
    let folder = TemporaryFolder()
    #expect(!format.fixtures.isEmpty)
    for fixture in format.fixtures {
      for name in ["model", "model.bin", "model.gguf", "model.json", "model.png"] {
        let path = folder.write(name, try Fixtures.bytes(fixture))
        #expect(try Checkpoint.open(path).format.name == format.name, "\(fixture) as \(name)")
      }
    }
  }

  @Test(arguments: FormatCase.all)
  func savingWhatWasOpenedChangesNothing(_ format: FormatCase) throws {
    let writer = try #require(Formats.named(format.name))
    guard writer.writer != nil else { return }
    for fixture in format.fixtures {
      let folder = TemporaryFolder()
      let opened = try Checkpoint.open(FilePath(fixture))
      let request = SaveRequest(opened, like: opened, to: folder.file("a"), format: format.name)
      let report = try Checkpoint.save(request)
      #expect(report.format == format.name)
      let first = try #require(folder.read("a"))
      #expect(report.files == [.init(path: folder.file("a"), size: first.count)])
      if format.savesACopy { #expect(first == (try Fixtures.bytes(fixture))) }
      #expect(try Opened(folder.file("a")) == Opened(opened))

      // Over itself, while it is being read; and twice the same.
      let again = try Checkpoint.open(folder.file("a"))
      try Checkpoint.save(
        SaveRequest(again, like: again, to: folder.file("a"), format: format.name, replace: true))
      #expect(folder.read("a") == first)
      #expect(folder.names == ["a"])
    }
  }

  @Test(arguments: FormatCase.all)
  func nothingIsReplacedWithoutBeingAsked(_ format: FormatCase) throws {
    guard Formats.named(format.name)?.writer != nil, let fixture = format.fixtures.first else {
      return
    }
    let folder = TemporaryFolder()
    let path = folder.write("a", [1, 2, 3])
    let opened = try Checkpoint.open(FilePath(fixture))
    let error = #expect(throws: CheckpointError.self) {
      try Checkpoint.save(SaveRequest(opened, like: opened, to: path, format: format.name))
    }
    #expect(error?.code == .exists)
    #expect(folder.names == ["a"] && folder.read("a") == [1, 2, 3])
  }

  @Test(arguments: FormatCase.all)
  func aSaveThatIsStoppedLeavesNothing(_ format: FormatCase) throws {
    guard Formats.named(format.name)?.writer != nil, let fixture = format.fixtures.first else {
      return
    }
    let folder = TemporaryFolder()
    let opened = try Checkpoint.open(FilePath(fixture))
    #expect(throws: Cancelled.self) {
      try Checkpoint.save(
        SaveRequest(
          opened, like: opened, to: folder.file("a"), format: format.name,
          monitor: ProgressMonitor { _, _ in false }))
    }
    #expect(folder.names == [])
  }
}
