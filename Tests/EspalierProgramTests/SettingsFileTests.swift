import Foundation
import PTYKit
import Testing

/// The settings file as the program reads it.
@Suite struct SettingsFileTests {
  private func write(_ text: String, in files: Scratch) throws -> String {
    let folder = files.path("config/espalier")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/settings.toml"))
    return files.path("config")
  }

  @Test func keysAndOptionsAreThoseOfTheFile() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let config = try write(
      "[options]\nascii = true\n[keys]\nnext-issue = [\"F8\", \"]\"]\n", in: files)
    let program = try PTYProcess(
      builtProgram("espalier"), [destination, source], width: 120, height: 40,
      environment: ["XDG_CONFIG_HOME": config])
    try program.wait(forText: "strict load")
    try program.wait(forText: "10 issues")
    program.send("\u{1b}[19~")
    try program.wait(forText: "issue 1 of 10")
    program.send("q")
    #expect(try program.waitForExit() == 0)
  }

  @Test func aLineThatCannotBeObeyedIsRefusedBeforeTheScreenOpens() throws {
    let files = try Scratch()
    let (destination, source) = try files.demo()
    let config = try write("[keys]\nskip = \"q\"\n", in: files)
    let refused = try run(destination, source, environment: ["XDG_CONFIG_HOME": config])
    #expect(refused.status == 2)
    #expect(refused.errors.contains("espalier/settings.toml:2: “q” is the key of"))
    #expect(refused.output.isEmpty)
    // Commands that open no screen do not look at it.
    #expect(try run("ls", source, environment: ["XDG_CONFIG_HOME": config]).status == 0)
  }

  @Test func theHomeFolderStandsIn() throws {
    let files = try Scratch()
    for variables in [["XDG_CONFIG_HOME": ""], ["XDG_CONFIG_HOME": "relative"]] {
      let path = try run(
        "settings", "--path", environment: variables.merging(["HOME": "/home/x"]) { $1 })
      #expect(path.output == "/home/x/.config/espalier/settings.toml\n")
    }
    let config = try write(try run("settings").output, in: files)
    let path = try run("settings", "--path", environment: ["XDG_CONFIG_HOME": config])
    #expect(path.output == config + "/espalier/settings.toml\n")
  }
}
