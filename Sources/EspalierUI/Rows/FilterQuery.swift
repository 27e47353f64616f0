/// What a filter asks of a row: every term has to hold.
///
///     attn weight     both, letters in this order with gaps allowed
///     'attn.qkv       exactly this text
///     layers.*.bias   a glob
///     :shape          rows with this status; :issue, :tied, :loaded, :kept, …
///     !bias  !:dtype  the inverse of a term
public struct FilterQuery: Equatable, Sendable {
  public enum Condition: Equatable, Sendable {
    case name(Pattern)
    case mark(RowMark)
    case outcome(RowOutcome)
    case issue
    /// Member of a group of tied arrays on either side.
    case tie
  }

  public struct Term: Equatable, Sendable {
    public var condition: Condition
    public var isInverted = false
  }

  public var terms: [Term] = []

  public struct Refusal: Error, Equatable, Sendable { public var sentence: String }

  public init(_ text: String) throws(Refusal) {
    for word in text.split(separator: " ") { terms.append(try Self.term(word)) }
  }

  /// The words that may follow a colon, for help and completion.
  public static let statusNames: [String] =
    RowMark.allCases.filter { $0 != .branch }.map(\.filterName) + named.map(\.name)

  private static let named: [(name: String, condition: Condition)] = [
    ("mismatch", .mark(.shape)), ("issue", .issue), ("tied", .tie),
    ("loaded", .outcome(.loaded)), ("zero", .outcome(.zeroFilled)), ("kept", .outcome(.kept)),
    ("unused", .outcome(.unused)),
  ]

  private static func term(_ word: Substring) throws(Refusal) -> Term {
    var rest = word
    var isInverted = false
    if rest.first == "!" {
      rest = rest.dropFirst()
      isInverted = true
    }
    let condition: Condition
    if rest.first == ":" {
      condition = try status(rest.dropFirst())
    } else {
      let isExact = rest.first == "'"
      let text = isExact ? rest.dropFirst() : rest
      guard let pattern = Pattern(text, isExact ? .substring : .fuzzy) else {
        throw Refusal(
          sentence: text.isEmpty
            ? "filter: “\(word)” names nothing; type part of a name after it"
            : "filter: a term has at most \(Pattern.maximumLength) bytes; shorten “\(word)”")
      }
      condition = .name(pattern)
    }
    return Term(condition: condition, isInverted: isInverted)
  }

  private static func status(_ name: Substring) throws(Refusal) -> Condition {
    if let mark = RowMark.allCases.first(where: { $0.filterName == name }) {
      return .mark(mark)
    }
    if let named = named.first(where: { $0.name == name }) { return named.condition }
    throw Refusal(
      sentence: "filter: there is no status “:\(name)”; there are "
        + statusNames.map { ":" + $0 }.joined(separator: " "))
  }
}
