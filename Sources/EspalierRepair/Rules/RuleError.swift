/// Why a rules file was refused; nothing else has been read.
public struct RuleError: Error, Hashable, Sendable {
  /// The file as the user named it.
  public var file: String
  /// Counted from 1.
  public var line: Int
  /// What stands in the line.
  public var found: String
  /// What may stand there.
  public var expected: String

  /// A refusal of one line.
  public init(file: String, line: Int, found: String, expected: String) {
    self.file = file
    self.line = line
    self.found = found
    self.expected = expected
  }
}

extension RuleError: CustomStringConvertible {
  public var description: String {
    "\(file):\(line): found \(found), expected \(expected)"
  }
}
