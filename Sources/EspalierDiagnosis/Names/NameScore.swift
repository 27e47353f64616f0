/// How alike two names are, by the concepts of their words, rarer words weighing more.
///
/// Profiles are made once for each name; the score of a pair only walks two short lists.
struct NameProfile {
  var concepts: [Int]
  var numbers: [Int]
  var role: Vocabulary.Role
  var ordinal: Int?
  /// What the last part of a module's name says it computes: query, key, value, gate, up, down.
  var part: Int?
}

final class NameScorer {
  let names: NameTable
  private var conceptIDs: [String: Int] = [:]
  private var cache: [Int: [String]] = [:]
  private var frequency: [Int] = []
  private var total = 0

  init(_ names: NameTable) { self.names = names }

  func profile(_ path: [Int]) -> NameProfile {
    var concepts: [Int] = []
    var numbers: [Int] = []
    var words: [String] = []
    for (place, id) in path.enumerated() {
      let parts = place + 1 == path.count ? leafWords(id) : componentWords(id)
      for word in parts {
        if let number = Int(word) {
          numbers.append(number)
          words.append(word)
          continue
        }
        words.append(word)
        for concept in meanings(of: word) where !concept.isEmpty {
          concepts.append(conceptID(concept))
        }
      }
    }
    let leaf = path.last.map { names.text($0) } ?? ""
    return NameProfile(
      concepts: Array(Set(concepts)).sorted(), numbers: numbers, role: Vocabulary.role(leaf),
      ordinal: Vocabulary.normOrdinal(words.map { $0.lowercased() }), part: part(of: path))
  }

  /// The one part that the last component which names any says; a fused name says several.
  private func part(of path: [Int]) -> Int? {
    for id in path.suffix(2).reversed() {
      let said = Vocabulary.parts.filter { concepts(of: [id]).contains($0) }
      if !said.isEmpty { return said.count == 1 ? conceptID(said[0]) : nil }
    }
    return nil
  }

  /// Concepts behind a word, singular and plural alike.
  private func meanings(of word: String) -> [String] {
    if let known = Vocabulary.concepts[word] { return known }
    // `qcontent`, `knorm`: the letter of an attention's part before a word.
    if word.count > 3, let first = word.first, let part = Vocabulary.concepts[String(first)],
      "qkv".contains(first), let rest = Vocabulary.concepts[String(word.dropFirst())]
    {
      return part + rest
    }
    guard word.count > 3, word.hasSuffix("s"), !word.hasSuffix("ss") else { return [word] }
    let singular = String(word.dropLast())
    return Vocabulary.concepts[singular] ?? [singular]
  }

  private var componentConcepts: [Int: Set<String>] = [:]

  /// What tables and weights are for, as their names say.
  struct Topic: OptionSet {
    let rawValue: UInt16
    static let position = Topic(rawValue: 1)
    static let embed = Topic(rawValue: 2)
    static let token = Topic(rawValue: 4)
    static let patch = Topic(rawValue: 8)
    static let query = Topic(rawValue: 16)
    static let key = Topic(rawValue: 32)
    static let value = Topic(rawValue: 64)
    static let conv = Topic(rawValue: 128)
    static let label = Topic(rawValue: 256)

    fileprivate static let words: [(Topic, String)] = [
      (.position, "position"), (.embed, "embed"), (.token, "token"), (.patch, "patch"),
      (.query, "query"), (.key, "key"), (.value, "value"), (.conv, "conv"),
      (.label, "class"),
    ]
  }

  private var topics: [Topic?] = []

  /// Does one of the last three components mean this?
  func says(_ topic: Topic, _ path: [Int]) -> Bool {
    path.suffix(3).contains { topics(of: $0).contains(topic) }
  }

  /// Does the module that a leaf belongs to mean this?
  func says(_ topic: Topic, moduleOf path: [Int]) -> Bool {
    path.count > 1 && topics(of: path[path.count - 2]).contains(topic)
  }

  private func topics(of id: Int) -> Topic {
    if topics.indices.contains(id), let known = topics[id] { return known }
    let concepts = concepts(of: [id])
    let found = Topic(Topic.words.filter { concepts.contains($0.1) }.map(\.0))
    while topics.count <= id { topics.append(nil) }
    topics[id] = found
    return found
  }

  /// Concepts of all words of a path.
  func concepts(of path: some Sequence<Int>) -> Set<String> {
    var out: Set<String> = []
    for id in path {
      if componentConcepts[id] == nil {
        componentConcepts[id] = Set(componentWords(id).flatMap(meanings))
      }
      out.formUnion(componentConcepts[id] ?? [])
    }
    return out
  }

  /// Counts words so that those which all names share weigh nothing.
  func observe(_ profile: NameProfile) {
    total += 1
    for concept in profile.concepts { frequency[concept] += 1 }
  }

  func score(_ a: NameProfile, _ b: NameProfile) -> Double {
    var shared = 0.0
    var all = 0.0
    var i = 0
    var j = 0
    while i < a.concepts.count || j < b.concepts.count {
      if j >= b.concepts.count || (i < a.concepts.count && a.concepts[i] < b.concepts[j]) {
        all += weight(a.concepts[i])
        i += 1
      } else if i >= a.concepts.count || b.concepts[j] < a.concepts[i] {
        all += weight(b.concepts[j])
        j += 1
      } else {
        shared += 2 * weight(a.concepts[i])
        all += 2 * weight(a.concepts[i])
        i += 1
        j += 1
      }
    }
    var score = all > 0 ? shared / all : 0.3
    if let one = a.ordinal, let two = b.ordinal { score += ordinalScore(one, two) }
    if let one = a.part, let two = b.part { score += one == two ? 0.3 : -0.5 }
    if a.numbers == b.numbers, !a.numbers.isEmpty { score += 0.1 }
    return score
  }

  /// First against first counts; second, cross and last are told apart by order.
  private func ordinalScore(_ one: Int, _ two: Int) -> Double {
    if one == two { return 0.5 }
    if one == 1 || two == 1 { return -0.5 }
    return 0
  }

  private func weight(_ concept: Int) -> Double {
    guard total > 0 else { return 1 }
    let share = Double(frequency[concept]) / Double(total)
    return max(0.05, 1 - share)
  }

  private func conceptID(_ concept: String) -> Int {
    if let id = conceptIDs[concept] { return id }
    let id = frequency.count
    conceptIDs[concept] = id
    frequency.append(0)
    return id
  }

  private func leafWords(_ id: Int) -> [String] {
    let text = names.text(id)
    switch Vocabulary.role(text) {
    // The role is compared apart; only what else the leaf says counts as a word.
    case .other: return componentWords(id)
    default:
      return componentWords(id).filter {
        !["weight", "bias", "kernel", "gamma", "beta", "scale", "running", "moving", "mean", "var"]
          .contains($0)
      }
    }
  }

  /// Lower-case words of a component, split at underscores, digits and capitals.
  func componentWords(_ id: Int) -> [String] {
    if let cached = cache[id] { return cached }
    var words: [String] = []
    var word: [UInt8] = []
    var previousIsLower = false
    func flush() {
      if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
      word = []
    }
    for byte in names.text(id).utf8 {
      if byte == 0x5F || byte == 0x2D || byte == 0x20 {
        flush()
        previousIsLower = false
        continue
      }
      let isDigit = NamePattern.isDigit(byte)
      let isUpper = byte >= 0x41 && byte <= 0x5A
      if let last = word.last, isDigit != NamePattern.isDigit(last) || (isUpper && previousIsLower)
      {
        flush()
      }
      previousIsLower = byte >= 0x61 && byte <= 0x7A
      word.append(isUpper ? byte + 0x20 : byte)
    }
    flush()
    // `layer_norm`, `LayerNorm` and `layernorm` are one word.
    var joined: [String] = []
    for word in words {
      if word == "norm" || word == "forward", let last = joined.last,
        ["layer", "batch", "group", "rms", "feed"].contains(last)
      {
        joined[joined.count - 1] = last + word
      } else {
        joined.append(word)
      }
    }
    cache[id] = joined
    return joined
  }
}
