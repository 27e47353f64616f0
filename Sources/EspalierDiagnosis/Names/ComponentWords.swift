/// The words of a path component and what they mean; made once for all that compare names.
final class ComponentWords {
  /// Lower-case words, split at underscores, digits and capitals.
  let words: [String]
  /// Concepts behind all words.
  let concepts: [String]
  /// What the component says as a module.
  let module: Said
  /// What it says as the last one of a path: a leaf's role is compared apart.
  let leaf: Said
  /// Which of query, key, value, gate, up and down it says.
  let part: Part

  final class Said {
    let words: [String]
    /// Numbers of the concepts of all words that are no numbers.
    let concepts: [Int]
    let numbers: [Int]
    /// Only such a name can say which of a block's norms it is.
    let saysNorm: Bool

    /// - Parameter number: a number for a concept.
    fileprivate init(_ words: [Word], _ number: (String) -> Int) {
      var concepts: [Int] = []
      var numbers: [Int] = []
      var saysNorm = false
      for word in words {
        if let value = word.number {
          numbers.append(value)
          continue
        }
        for concept in word.meanings { concepts.append(number(concept)) }
        saysNorm = saysNorm || Stem.norms.contains(where: word.holds)
      }
      self.words = words.map(\.text)
      (self.concepts, self.numbers, self.saysNorm) = (concepts, numbers, saysNorm)
    }
  }

  enum Part {
    case none
    case one(Int)
    case several
  }

  /// One of its words may be that of a fused tensor's name.
  let mayNameFused: Bool

  /// - Parameter number: a number for a concept.
  init(_ text: String, role: Vocabulary.Role, number: (String) -> Int) {
    let split = Self.split(text).map(Word.init)
    mayNameFused = split.contains { Stem.fused.contains(where: $0.holds) }
    words = split.map(\.text)
    concepts = split.count == 1 ? split[0].meanings : split.flatMap(\.meanings)
    module = Said(split, number)
    switch role {
    case .other: leaf = module
    default: leaf = Said(split.filter { !Self.roleWords.contains($0.text) }, number)
    }
    let concepts = self.concepts
    let parts = Vocabulary.parts.filter(concepts.contains)
    switch parts.count {
    case 0: part = .none
    case 1: part = .one(number(parts[0]))
    default: part = .several
    }
  }

  fileprivate struct Word {
    var text: String
    var number: Int?
    var meanings: [String]
    private let letters: Letters

    init(_ text: String) {
      self.text = text
      letters = Letters(text)
      number = text.utf8.first.map(NamePattern.isDigit) == true ? Int(text) : nil
      meanings = ComponentWords.meanings(of: text)
    }

    func holds(_ stem: Stem) -> Bool {
      letters.holdAll(of: stem.letters) && contains(text, stem.text)
    }
  }

  /// Which letters a text has; two may count as one. Most words lack one of a stem's, and need not be
  /// searched for it.
  fileprivate struct Letters {
    private var bits: UInt64 = 0

    init(_ text: String) {
      for byte in text.utf8 { bits |= 1 << UInt64(byte & 63) }
    }

    func holdAll(of other: Letters) -> Bool { other.bits & ~bits == 0 }
  }

  /// What a word is searched for.
  fileprivate struct Stem {
    let text: String
    fileprivate let letters: Letters

    init(_ text: String) {
      self.text = text
      letters = Letters(text)
    }

    static let norms = ["norm", "ln"].map(Stem.init)
    static let fused = Vocabulary.fusedStems.map(Stem.init)
  }

  private static let roleWords: Set<String> = [
    "weight", "bias", "kernel", "gamma", "beta", "scale", "running", "moving", "mean", "var",
  ]

  /// Concepts behind a word, singular and plural alike.
  private static func meanings(of word: String) -> [String] {
    if let known = Vocabulary.concepts[word] { return known }
    let bytes = word.utf8
    guard bytes.count > 3, let first = bytes.first, let last = bytes.last else { return [word] }
    // `qcontent`, `knorm`: the letter of an attention's part before a word.
    if Self.attentionLetters.contains(first),
      let part = Vocabulary.concepts[String(word.prefix(1))],
      let rest = Vocabulary.concepts[String(word.dropFirst())]
    {
      return part + rest
    }
    guard last == UInt8(ascii: "s"), !word.hasSuffix("ss") else { return [word] }
    let singular = String(word.dropLast())
    return Vocabulary.concepts[singular] ?? [singular]
  }

  private static let attentionLetters = Array("qkv".utf8)

  private static func split(_ text: String) -> [String] {
    // Most components are one word in small letters.
    if !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x61 && $0 <= 0x7A }) { return [text] }
    var words: [String] = []
    var word: [UInt8] = []
    var previousIsLower = false
    func flush() {
      if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
      word.removeAll(keepingCapacity: true)
    }
    for byte in text.utf8 {
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
    return joined(words)
  }

  /// `layer_norm`, `LayerNorm` and `layernorm` are one word.
  private static func joined(_ words: [String]) -> [String] {
    guard words.count > 1, words.contains(where: { $0 == "norm" || $0 == "forward" }) else {
      return words
    }
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
    return joined
  }
}
