/// What a command says to the shell.
enum ExitStatus: Int32 {
  /// Done; for `diff`: the same.
  case done = 0
  /// Differences, or a load that was refused.
  case differs = 1
  /// The command line cannot be understood.
  case usage = 2
  /// A file was refused as input.
  case refusedInput = 3
  /// Saving failed; the old file is untouched.
  case saveFailed = 4
  /// A file changed on disk since it was opened, or another process holds it.
  case changedOrLocked = 5
  /// A defect of this program.
  case internalError = 70
}
