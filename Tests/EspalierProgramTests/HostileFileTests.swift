import Foundation
import TestSupport
import Testing

/// Every hostile file is answered by the program itself: within two seconds of processor time, in
/// 200 MB of address space, and with a sentence or a listing, never by a signal.
@Suite(.enabled(if: Shared.hasCheckpoints, Comment(rawValue: Shared.skipReason)))
struct HostileFileTests {
  @Test(arguments: [["ls", "--hash"], ["check", "--values"]])
  func areAnsweredInLittleTimeAndMemory(_ command: [String]) throws {
    let files = Shared.files(in: "hostile")
    #expect(files.count > 100)
    for file in files {
      let result = try run(command + [file.path], seconds: 2, kilobytes: 200_000)
      let name = file.lastPathComponent
      // 1 is the answer to a file from which another loader would run code.
      let answers: [Int32] = command[0] == "check" ? [0, 1, 3] : [0, 3]
      #expect(answers.contains(result.status), "\(name): \(result.status) \(result.errors)")
      if result.status == 3 {
        #expect(result.errors.hasPrefix("espalier: ") && result.errors.contains(name))
      } else {
        #expect(!result.output.isEmpty && result.errors.isEmpty, "\(name): \(result.errors)")
      }
    }
  }

  /// The limits bite: a program that needs more is ended by them.
  @Test func theLimitsAreReal() throws {
    let file = try #require(Shared.files(in: "hostile").first)
    #expect(try run(["ls", file.path], seconds: 2, kilobytes: 5_000).status >= 126)
  }
}
