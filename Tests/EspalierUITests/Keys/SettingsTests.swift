import Foundation
import Testing

@testable import EspalierUI

@Suite struct SettingsTests {
  @Test func theStandardTextChangesNothing() throws {
    let settings = try Settings(Settings.standardText)
    #expect(settings.view == Settings().view)
    #expect(settings.plan == Settings().plan)
    #expect(settings.colors == Settings().colors)
    for context in KeyContext.allCases {
      for row in KeyRow.table where row.contexts.contains(context) {
        for keys in row.keys.compactMap(Key.sequence) {
          #expect(
            settings.keyMap.command(for: keys, in: context)
              == KeyMap.standard.command(for: keys, in: context), "\(row.command)")
        }
      }
    }
  }

  @Test func optionsAndKeysAreObeyed() throws {
    let settings = try Settings(
      """
      # mine
      [options]
      units = "binary"  # as ls does
      bytes = true
      mouse=false
      nothing-keeps = true
      colors = "sixteen"

      [keys]
      skip = "X"
      """)
    #expect(settings.view.units == .binary)
    #expect(settings.view.showsBytes && !settings.view.mouse && settings.plan.nothingKeeps)
    #expect(settings.colors == .sixteen)
    #expect(settings.keyMap.command(for: [.character("X")], in: .tree) == .skip)
    #expect(try Settings("") == Settings())
  }

  @Test func theExampleOfTheReadmeIsObeyed() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../../README.md")
    let readme = try String(contentsOf: file, encoding: .utf8)
    let example = try #require(
      readme.components(separatedBy: "```toml\n").dropFirst().first?
        .components(separatedBy: "```").first)
    let settings = try Settings(example)
    #expect(settings.view.units == .binary && settings.keyMap.spelling(of: .nextIssue) == "]c")
  }

  @Test(arguments: [
    ("units = \"binary\"", 1, "before “units"), ("[option]", 1, "no section “[option]”"),
    ("[options]\ncolour = 1", 2, "no option “colour”; there are types, "),
    ("[options]\nunits = binary", 2, "found “binary”"),
    ("[options]\nascii = yes", 2, "ascii is true or false, found “yes”"),
    ("[options]\nascii", 2, "expected a line like"),
    ("[options]\nascii = true\n\nascii = false", 4, "in line 2"),
    ("[options]\nascii = true\n[keys]\nskip = \"q\"", 4, "quit"),
    ("[keys]\nno-such = \"x\"", 2, "no command"),
  ])
  func refusesWithTheLine(text: String, line: Int, words: String) {
    do throws(KeyMap.Refusal) {
      _ = try Settings(text)
      Issue.record("“\(text)” was accepted")
    } catch {
      #expect(error.line == line)
      #expect(error.sentence.contains(words), "\(error.sentence)")
    }
  }
}
