import EspalierTree

/// The name that somebody may have meant: one that ends in, or is the end of, what was written, or
/// differs in a few letters.
enum NearName {
  /// Names that are compared letter by letter, at most.
  private static let limit = 20_000

  static func find(_ wanted: [UInt8], among names: some Sequence<[UInt8]>) -> [UInt8]? {
    guard wanted.count > 1, wanted.count < 512 else { return nil }
    var best: (cost: Int, name: [UInt8])?
    var left = limit
    for name in names {
      if endsIn(name, wanted) || endsIn(wanted, name) { return name }
      guard left > 0 else { continue }
      left -= 1
      let most = min(wanted.count / 4 + 1, (best?.cost ?? Int.max) - 1)
      if let cost = edits(wanted, name, atMost: most) { best = (cost, name) }
    }
    return best?.name
  }

  /// A whole path within the longer one.
  private static func endsIn(_ long: [UInt8], _ short: [UInt8]) -> Bool {
    guard long.count > short.count, short.count > 1, long.suffix(short.count) == short[...] else {
      return false
    }
    let before = long[long.count - short.count - 1]
    return before == UInt8(ascii: ".") || before == UInt8(ascii: "/")
  }

  /// Letters put in, taken out or replaced; nil above a limit.
  private static func edits(_ a: [UInt8], _ b: [UInt8], atMost limit: Int) -> Int? {
    guard limit >= 0, abs(a.count - b.count) <= limit else { return nil }
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      var least = row[0]
      for (j, other) in b.enumerated() {
        let cost = min(diagonal + (letter == other ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        diagonal = row[j + 1]
        row[j + 1] = cost
        least = min(least, cost)
      }
      if least > limit { return nil }
    }
    return row[b.count] <= limit ? row[b.count] : nil
  }
}
