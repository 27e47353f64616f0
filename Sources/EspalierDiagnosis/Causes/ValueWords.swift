/// What the values of some destination tensors say about their operation, in words.
enum ValueWords {
  /// - Parameter tensors: destination tensors whose operation shapes do not decide.
  static func line(_ tensors: [Int], _ facts: Facts) -> String? {
    let verdicts = tensors.compactMap { facts.findings.valueVerdicts[$0] }
    guard !verdicts.isEmpty else { return nil }
    let decided = verdicts.filter { $0.kind != .open }
    guard !decided.isEmpty else {
      return
        "values decide nothing here: those of the destination are unlike the source's either way"
    }
    let compared = decided.filter(\.isCompared)
    let chosen = compared.map(\.chosen).min() ?? 0
    let other = compared.map(\.other).max() ?? 0
    let open = tensors.count - decided.count
    let rest = decided.count - compared.count
    return
      "decided by the values of \(counted(compared.count, "tensor", plural: "tensors")): this way they agree with the destination's (cosine at least \(hundredths(chosen))), otherwise not (at most \(hundredths(other)))"
      + (rest > 0 ? "; \(rest) more of the same kinds follow" : "")
      + (open > 0 ? "; \(open) more are assumed" : "")
  }

  /// Values leave no doubt about any of them.
  static func areDecided(_ tensors: [Int], _ facts: Facts) -> Bool {
    !tensors.isEmpty
      && tensors.allSatisfy { (facts.findings.valueVerdicts[$0]?.kind ?? .open) != .open }
  }

  private static func hundredths(_ value: Double) -> String {
    let whole = Int((max(-1, min(1, value)) * 100).rounded())
    let digits = "\(abs(whole) % 100)"
    return (whole < 0 ? "-" : "") + "\(abs(whole) / 100)."
      + (digits.count == 1 ? "0" + digits : digits)
  }
}
