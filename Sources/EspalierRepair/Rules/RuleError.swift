/// Why a rules file was refused; nothing else has been read.
public struct RuleError: Error, Hashable, Sendable {
  public var file: String
  /// Counted from 1.
  public var line: Int
  public var found: String
  public var expected: String

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
