// Makes the pictures in Screenshots/ from the real program on real files: drives it on a
// pseudo-terminal and writes what the terminal shows as SVG.
//
//     swift run screenshots [folder]

import Foundation
import PTYKit

struct Shot {
  var name: String
  /// What is typed, each after the text before it is on the screen.
  var steps: [(wait: String, keys: String)]
  /// Is on the screen once the picture is complete, so many times.
  var last: String
  var count = 1
  var width = 120
  var height = 36
}

let folder = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "Screenshots"
let place = FileManager.default.temporaryDirectory.appendingPathComponent("espalier-screenshots")
try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
let program = URL(fileURLWithPath: builtProgram("espalier")).path
let demo = Process()
demo.executableURL = URL(fileURLWithPath: program)
demo.arguments = ["demo", "--folder", place.path, "--write-only"]
demo.standardOutput = FileHandle.nullDevice
try demo.run()
demo.waitUntilExit()
guard FileManager.default.changeCurrentDirectoryPath(place.path) else {
  fatalError("no folder \(place.path)")
}

// The causes come when the rows have been drawn: without waiting, two runs would differ.
let causes = "strip module"
let shots = [
  Shot(name: "trees", steps: [(causes, "]c]c]c]c]c]c]c]c]c")], last: "issue 9 of 10"),
  Shot(
    name: "values", steps: [(causes, "e"), ("running_var", "jj"), ("conv1.weight", "v")],
    last: "deviation", count: 2),
  Shot(
    name: "remedy",
    steps: [
      (causes, "c"), ("strip module", "\r"), ("remedy is applied", "\u{1b}"),
      ("Enter fold", ":goto projector.0.weight\r"),
    ], last: "by name, with"),
  Shot(name: "report", steps: [(causes, "r")], last: "Would be loaded"),
  Shot(name: "help", steps: [(causes, "?")], last: "Esc closes"),
  Shot(name: "small", steps: [("10 issues", "]c")], last: "issue 1 of 10", width: 80, height: 24),
]
let output =
  folder.hasPrefix("/")
  ? URL(fileURLWithPath: folder)
  : URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(folder)
for shot in shots {
  let session = try PTYProcess(
    program, ["model.pt", "trained.pt"], width: shot.width, height: shot.height,
    environment: ["COLORTERM": "truecolor"])
  for step in shot.steps {
    try session.wait(forText: step.wait)
    session.send(step.keys)
  }
  try session.wait(for: shot.last) {
    $0.text.components(separatedBy: shot.last).count > shot.count
  }
  let picture = SVGRenderer().render(session.screen)
  try picture.write(
    to: output.appendingPathComponent("\(shot.name).svg"), atomically: true, encoding: .utf8)
  session.send(signal: SIGTERM)
  try session.waitForExit()
  print("\(shot.name).svg")
}
