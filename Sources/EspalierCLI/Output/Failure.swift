import Espalier
import EspalierTerminal

/// An error on its way out: a sentence, a stable word for programs, an exit status.
struct Failure {
  var sentence: String
  var code: String
  var status: ExitStatus
  var error: CheckpointError?

  init(_ error: any Error) {
    switch error {
    case let error as CheckpointError:
      self.init(error.sentence, error.code.rawValue, Self.status(of: error.code))
      self.error = error
    case let error as NotSaved:
      self.init(error.error)
      if status == .refusedInput { status = .saveFailed }
    case let error as TreeError: self.init("\(error)", "bad-tree", .refusedInput)
    case let error as RuleError: self.init("\(error)", "bad-rules", .refusedInput)
    case let error as RefusedRules: self.init("\(error)", "bad-rules", .refusedInput)
    case let error as NoValues: self.init("\(error)", "no-values", .refusedInput)
    case is Cancelled: self.init("\(Cancelled())", "cancelled", .saveFailed)
    case let error as TerminalError: self.init("\(error)", "no-terminal", .usage)
    case let error as UsageError: self.init(error.sentence, "usage", .usage)
    default: self.init("internal error: \(error)", "internal", .internalError)
    }
  }

  /// A command line that the parser does not understand, in the parser's words.
  init(usage sentence: String) { self.init(sentence, "usage", .usage) }

  private init(_ sentence: String, _ code: String, _ status: ExitStatus) {
    self.sentence = sentence
    self.code = code
    self.status = status
  }

  private static func status(of code: CheckpointError.Code) -> ExitStatus {
    switch code {
    case .changedOnDisk, .locked: return .changedOrLocked
    case .exists, .noSpace, .saveFailed, .cancelled: return .saveFailed
    default: return .refusedInput
    }
  }

  /// The sentence on standard error, and with `--json` the error as data on standard output.
  func report(asJSON: Bool) -> ExitStatus {
    if asJSON { writeJSON() }
    complain(sentence)
    return status
  }

  /// The error as data on standard output.
  func writeJSON() {
    var out = StandardStream.output()
    out.object { json in
      json.key("error")
      writeError(&json)
    }
    out.flush()
  }

  private func writeError(_ json: inout JSONWriter) {
    json.beginObject()
    json.key("code")
    json.string(code)
    json.key("file")
    if let file = error?.file { json.name(file.bytes) } else { json.null() }
    json.key("offset")
    if let offset = error?.offset { json.integer(offset) } else { json.null() }
    json.key("path")
    if let place = error?.place { json.name(place) } else { json.null() }
    json.key("message")
    json.string(sentence)
    json.endObject()
  }
}

/// The output could not be written, or may not be; what stood there is untouched.
struct NotSaved: Error {
  var error: CheckpointError
}

/// A command line that can be parsed but not carried out.
struct UsageError: Error {
  var sentence: String
}
