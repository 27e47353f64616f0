import Foundation
import PTYKit
import TestSupport

/// A folder of its own for a test, removed with it.
final class Scratch {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "espalier-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  /// The demo's two files: a model, and a checkpoint of its sibling.
  func demo() throws -> (destination: String, source: String) {
    let result = try run("demo", "--folder", url.path, "--write-only")
    precondition(result.status == 0, result.errors)
    return (path("model.pt"), path("trained.pt"))
  }
}

struct Finished {
  var status: Int32
  var output: String
  var errors: String

  var json: [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]) ?? [:]
  }
}

/// Runs the program without a terminal.
func run(
  _ arguments: String..., environment: [String: String] = [:]
) throws -> Finished {
  try runProgram(builtProgram("espalier"), arguments, environment: environment)
}

/// Runs the program with limits that end it where it needs more.
///
/// - Parameters:
///   - seconds: of processor time, so that a busy machine does not matter.
///   - kilobytes: of address space.
func run(_ arguments: [String], seconds: Int, kilobytes: Int) throws -> Finished {
  let limits = "ulimit -t \(seconds) && ulimit -v \(kilobytes) && exec \"$0\" \"$@\""
  return try runProgram("/bin/sh", ["-c", limits, builtProgram("espalier")] + arguments)
}

/// - Parameter environment: over that of the tests.
func runProgram(
  _ path: String, _ arguments: [String], environment: [String: String] = [:]
) throws -> Finished {
  let process = Process()
  process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  process.standardInput = FileHandle.nullDevice
  let (output, errors) = (Pipe(), Pipe())
  process.standardOutput = output
  process.standardError = errors
  try process.run()
  // Small outputs only: both fit their pipes.
  let text = output.fileHandleForReading.readDataToEndOfFile()
  let complaints = errors.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  let status =
    process.terminationReason == .exit
    ? process.terminationStatus : 128 + process.terminationStatus
  return Finished(
    status: status, output: String(decoding: text, as: UTF8.self),
    errors: String(decoding: complaints, as: UTF8.self))
}
