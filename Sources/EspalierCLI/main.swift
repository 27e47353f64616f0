import ArgumentParser
import Espalier
import Glibc

AtomicFile.removesUnfinishedFilesOnSignals()
let status = runProgram()
// The interface may be left while a save runs in the background.
AtomicFile.removeUnfinishedFiles()
exit(status)

/// Parses the command line, runs the command, and turns whatever happens into an exit status.
func runProgram() -> Int32 {
  let command: any ParsableCommand
  do {
    command = try EspalierCommand.parseAsRoot()
  } catch {
    return explainUsage(error)
  }
  guard let command = command as? any Command else {
    return showHelp(command)
  }
  do {
    let status = try command.execute()
    // Of a load the file counts, which is saved or not whatever becomes of the report.
    let isLost = StandardStream.complainIfLost() && !(command is Load)
    return isLost ? ExitStatus.saveFailed.rawValue : status.rawValue
  } catch {
    return Failure(error).report(asJSON: command.printsJSON).rawValue
  }
}

/// The parser's own command: the help of whatever command was asked about, which it throws.
private func showHelp(_ command: any ParsableCommand) -> Int32 {
  var command = command
  do {
    try command.run()
    return ExitStatus.done.rawValue
  } catch {
    return explainUsage(error)
  }
}

/// Help and version go to standard output; a command line that makes no sense exits with 2.
private func explainUsage(_ error: any Error) -> Int32 {
  let text = EspalierCommand.fullMessage(for: error)
  guard EspalierCommand.exitCode(for: error) != .success else {
    print(text)
    return ExitStatus.done.rawValue
  }
  complain(text, prefix: "")
  if CommandLine.arguments.contains("--json") {
    Failure(usage: EspalierCommand.message(for: error)).writeJSON()
  }
  return ExitStatus.usage.rawValue
}
