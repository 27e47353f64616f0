import Testing

@testable import EspalierUI

@Suite struct KeyMapTests {
  @Test func theTableHasNoConflicts() throws {
    #expect(throws: Never.self) { try KeyMap.standard.applying("") }
    let same = try KeyMap.standard.applying("")
    #expect(same == KeyMap.standard)
  }

  @Test func everySpellingIsAKey() {
    for row in KeyRow.table {
      for key in row.keys { #expect(Key.sequence(key) != nil, "\(row.command): \(key)") }
    }
  }

  @Test func everyCommandIsInTheTable() {
    let listed = Set(KeyRow.table.map(\.command))
    for command in Command.allCases { #expect(listed.contains(command), "\(command)") }
  }

  @Test func aConfigurationReplacesTheKeysOfACommand() throws {
    let map = try KeyMap.standard.applying(
      """
      # mine
      [keys]
      next-issue = ["F8", "] x"]  # two
      skip = "X"
      redo = []
      [other]
      nonsense = 1
      """)
    #expect(map.command(for: [.function(8)], in: .tree) == .nextIssue)
    #expect(map.command(for: [.character("]")], in: .tree) == nil)
    #expect(map.isPrefix([.character("]")], in: .tree))
    #expect(map.command(for: [.character("X")], in: .tree) == .skip)
    #expect(map.command(for: [.character("s")], in: .tree) == nil)
    #expect(map.spelling(of: .redo) == nil)
    #expect(map.spelling(of: .nextIssue) == "F8")
    // What is typed into prompts is not touched.
    #expect(map.command(for: [.enter], in: .prompt) == .accept)
  }

  @Test(arguments: [
    ("skip = \"q\"", 1, "quit"), ("\nskip = \"z\"", 2, "begin alike"),
    ("\n\nno-such = \"x\"", 3, "no command"), ("skip = \"Ctrl+x\"", 1, "is no key"),
    ("skip \"x\"", 1, "expected a line"), ("skip = x", 1, "in quotes"),
    ("skip = [\"x\"", 1, "in quotes"), ("skip = \"x\"\nskip = \"y\"", 2, "line 1"),
    ("skip = \"X\"\nundo = \"X\"", 2, "is the key of"),
  ])
  func refusesWithTheLine(text: String, line: Int, words: String) {
    do throws(KeyMap.Refusal) {
      _ = try KeyMap.standard.applying(text)
      Issue.record("“\(text)” was accepted")
    } catch {
      #expect(error.line == line)
      #expect(error.sentence.contains(words), "\(error.sentence)")
    }
  }

  @Test func twoKeysMayChangePlaces() throws {
    let map = try KeyMap.standard.applying("skip = \"u\"\nundo = \"s\"")
    #expect(map.command(for: [.character("u")], in: .tree) == .skip)
    #expect(map.command(for: [.character("s")], in: .tree) == .undo)
  }

  @Test func theReadmeTableHasEveryKey() {
    let text = KeyMap.standard.markdown
    for (row, keys) in KeyMap.standard.rows {
      for key in keys { #expect(text.contains("`\(key)`"), "\(row.command) \(key)") }
    }
    #expect(text.contains("| `]` `]c` | next issue |"))
  }
}
