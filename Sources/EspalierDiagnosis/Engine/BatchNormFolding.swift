/// A destination without batch norms whose convolutions have biases, against a source that still
/// has the norms: each norm goes into the convolution before it.
struct BatchNormFolding {
  let names: NameTable

  private struct Norm {
    var directory: [Int]
    /// weight, bias, mean, variance, as far as they are there.
    var leaves: [Vocabulary.Role: Int] = [:]
    var first = Int.max
    var channels = 0
  }

  func apply(_ findings: inout Findings) {
    var matcher = findings.matcher
    let isTraining = matcher.destination.contains { slot in
      let role = slot.path.last.map { names.role($0) }
      return role == .mean || role == .variance
    }
    guard !isTraining else { return }
    let norms = self.norms(matcher)
    guard !norms.isEmpty else { return }
    let convolutions = self.convolutions(matcher)
    let byChannels = Dictionary(grouping: convolutions.indices) { convolutions[$0].channels }
      .mapValues { places in
        places.sorted { convolutions[$0].source < convolutions[$1].source }
      }
    let isSmall = norms.count * convolutions.count <= 250_000
    var taken: Set<Int> = []
    for norm in norms.sorted(by: { $0.first < $1.first }) {
      var best: (place: Int, score: Double)?
      let alike = byChannels[norm.channels] ?? []
      let options =
        isSmall
        ? alike.sorted()
        : near(norm.first, alike, convolutions).sorted()
      for place in options where !taken.contains(place) {
        let convolution = convolutions[place]
        let score = closeness(convolution.directory, norm.directory, convolution.source, norm.first)
        if score > (best?.score ?? 0) { best = (place, score) }
      }
      guard let best else { continue }
      taken.insert(best.place)
      fold(norm, into: convolutions[best.place], &matcher)
      findings.foldedNorms += 1
    }
    findings.matcher = matcher
  }

  /// Of many convolutions of one width, those that stand nearest to the norm in the file.
  private func near(_ norm: Int, _ places: [Int], _ convolutions: [Convolution]) -> ArraySlice<Int>
  {
    let next = places.end { convolutions[$0].source < norm }
    return places[max(0, next - 32)..<min(places.count, next + 32)]
  }

  private func norms(_ matcher: Matcher) -> [Norm] {
    let hasVariance = matcher.source.indices.contains { s in
      !matcher.used[s] && matcher.source[s].path.last.map(names.role) == .variance
    }
    guard hasVariance else { return [] }
    var byDirectory: [[Int]: Norm] = [:]
    for (s, slot) in matcher.source.enumerated() where !matcher.used[s] && slot.shape.count == 1 {
      guard let leaf = slot.path.last else { continue }
      let directory = Array(slot.path.dropLast())
      var norm = byDirectory[directory] ?? Norm(directory: directory)
      norm.leaves[names.role(leaf)] = s
      norm.first = min(norm.first, s)
      norm.channels = slot.shape[0]
      byDirectory[directory] = norm
    }
    return byDirectory.values.filter { $0.leaves[.mean] != nil && $0.leaves[.variance] != nil }
  }

  private struct Convolution {
    var weight: Int
    var bias: Int
    var source: Int
    var directory: [Int]
    var channels: Int
  }

  /// Linked weights whose bias in the destination has no source.
  private func convolutions(_ matcher: Matcher) -> [Convolution] {
    var biases: [[Int]: Int] = [:]
    for (d, slot) in matcher.destination.enumerated() where slot.shape.count == 1 {
      guard let leaf = slot.path.last, names.role(leaf) == .bias else { continue }
      biases[Array(slot.path.dropLast())] = d
    }
    return matcher.links.destinations.compactMap { d in
      let slot = matcher.destination[d]
      guard slot.shape.count >= 2, let s = matcher.links[d]?.sources.first,
        let bias = biases[Array(slot.path.dropLast())], matcher.links[bias] == nil,
        let channels = matcher.destination[bias].shape.first
      else { return nil }
      return Convolution(
        weight: d, bias: bias, source: s, directory: Array(matcher.source[s].path.dropLast()),
        channels: channels)
    }
  }

  /// `conv1`/`bn1`, `0`/`1`, `conv`/`conv.norm`: same place, same or next number.
  private func closeness(_ conv: [Int], _ norm: [Int], _ at: Int, _ normAt: Int) -> Double {
    let behind = normAt > at ? 1 / Double(1 + normAt - at) : 0
    if norm.dropLast() == conv[...] { return 3 + behind }
    guard norm.dropLast() == conv.dropLast(), let a = conv.last, let b = norm.last else {
      return behind * 0.5
    }
    let one = names.tokens[a].filter(Token.isNumber).map(Token.value)
    let two = names.tokens[b].filter(Token.isNumber).map(Token.value)
    if names.number(a) != nil, names.number(b) != nil {
      return two.first == one.first.map { $0 + 1 } ? 3 + behind : behind
    }
    return one == two ? 3 + behind : 0.5 + behind
  }

  private func fold(_ norm: Norm, into convolution: Convolution, _ matcher: inout Matcher) {
    let parts = [Vocabulary.Role.weight, .bias, .mean, .variance].compactMap { norm.leaves[$0] }
    for s in parts { matcher.used[s] = true }
    matcher.links[convolution.weight] = SlotLink(
      sources: [convolution.source] + parts, join: .foldedNorm, evidence: .structure)
    matcher.links[convolution.bias] = SlotLink(
      sources: parts, join: .foldedNorm, evidence: .structure)
  }
}
