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
  /// Numbers of concepts in this scorer, by the numbers that the table gives them.
  private var conceptIDs: [Int] = []
  private var frequency: [Int] = []
  private var total = 0
  /// What each concept weighs, as far as it was asked for.
  private var weights: [Double] = []

  init(_ names: NameTable) { self.names = names }

  func profile(_ whole: [Int]) -> NameProfile {
    // What stands further out says nothing of a leaf that what is further in does not.
    let path = whole.suffix(Bounds.profiled)
    var concepts: [Int] = []
    concepts.reserveCapacity(8)
    var numbers: [Int] = []
    var saysNorm = false
    for place in path.indices {
      let component = names.words(of: path[place])
      let said = place + 1 == path.endIndex ? component.leaf : component.module
      if !said.numbers.isEmpty { numbers += said.numbers }
      for concept in said.concepts { concepts.append(conceptID(concept)) }
      saysNorm = saysNorm || said.saysNorm
    }
    sortUnique(&concepts)
    return NameProfile(
      concepts: concepts, numbers: numbers, role: names.role(path.last ?? -1),
      ordinal: saysNorm ? ordinal(path) : nil, part: part(of: path))
  }

  private func sortUnique(_ numbers: inout [Int]) {
    guard numbers.count > 1 else { return }
    numbers.sort()
    var kept = 1
    for number in numbers.dropFirst() where number != numbers[kept - 1] {
      numbers[kept] = number
      kept += 1
    }
    numbers.removeLast(numbers.count - kept)
  }

  private func ordinal(_ path: ArraySlice<Int>) -> Int? {
    let words = path.dropLast().flatMap { names.words(of: $0).module.words }
    let leaf = path.last.map { names.words(of: $0).leaf.words } ?? []
    return Vocabulary.normOrdinal((words + leaf).map { $0.lowercased() })
  }

  /// The one part that the last component which names any says; a fused name says several.
  private func part(of path: ArraySlice<Int>) -> Int? {
    for id in path.suffix(2).reversed() {
      switch names.words(of: id).part {
      case .none: continue
      case .one(let concept): return conceptID(concept)
      case .several: return nil
      }
    }
    return nil
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
    /// One of its words may be that of a fused tensor's name.
    static let fused = Topic(rawValue: 512)

    fileprivate static let ofConcepts: [(concept: String, topic: Topic)] = [
      ("position", .position), ("embed", .embed), ("token", .token), ("patch", .patch),
      ("query", .query), ("key", .key), ("value", .value), ("conv", .conv), ("class", .label),
    ]
  }

  private var topics: [Topic?] = []
  /// By the numbers that the table gives concepts.
  private lazy var topicOfConcept: NumberedValues<Topic> = {
    var topics = NumberedValues<Topic>()
    for (concept, topic) in Topic.ofConcepts { topics[names.intern(concept)] = topic }
    return topics
  }()

  /// Does one of the last three components mean this?
  func says(_ topic: Topic, _ path: [Int]) -> Bool {
    path.suffix(3).contains { topics(of: $0).contains(topic) }
  }

  /// Does the module that a leaf belongs to mean this?
  func says(_ topic: Topic, moduleOf path: [Int]) -> Bool {
    path.count > 1 && topics(of: path[path.count - 2]).contains(topic)
  }

  /// What the rows of a table of this name stand for: positions or tokens.
  func rows(_ path: [Int]) -> Topic? {
    if says(.position, path) { return .position }
    return says(.token, path) ? .token : nil
  }

  private func topics(of id: Int) -> Topic {
    if topics.indices.contains(id), let known = topics[id] { return known }
    let component = names.words(of: id)
    var found: Topic = component.mayNameFused ? .fused : []
    for concept in component.module.concepts {
      found.formUnion(topicOfConcept[concept] ?? [])
    }
    while topics.count <= id { topics.append(nil) }
    topics[id] = found
    return found
  }

  /// Concepts of all words of a path.
  func concepts(of path: some Sequence<Int>) -> Set<String> {
    var out: Set<String> = []
    for id in path {
      if componentConcepts[id] == nil {
        componentConcepts[id] = Set(names.words(of: id).concepts)
      }
      out.formUnion(componentConcepts[id] ?? [])
    }
    return out
  }

  /// Words that say which kind of layer something is, and not which layer.
  private(set) lazy var kinds = Set(Vocabulary.kinds.map { conceptID(names.intern($0)) })

  /// Counts words so that those which all names share weigh nothing.
  func observe(_ profile: NameProfile) {
    total += 1
    for concept in profile.concepts { frequency[concept] += 1 }
    weights.removeAll(keepingCapacity: true)
  }

  func score(_ a: NameProfile, _ b: NameProfile) -> Double {
    while weights.count < frequency.count { weights.append(weight(frequency[weights.count])) }
    var shared = 0.0
    var all = 0.0
    var i = 0
    var j = 0
    let (one, two) = (a.concepts, b.concepts)
    while i < one.count || j < two.count {
      if j >= two.count || (i < one.count && one[i] < two[j]) {
        all += weights[one[i]]
        i += 1
      } else if i >= one.count || two[j] < one[i] {
        all += weights[two[j]]
        j += 1
      } else {
        shared += 2 * weights[one[i]]
        all += 2 * weights[one[i]]
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

  private func weight(_ frequency: Int) -> Double {
    guard total > 0 else { return 1 }
    let share = Double(frequency) / Double(total)
    return max(0.05, 1 - share)
  }

  private func conceptID(_ concept: Int) -> Int {
    while conceptIDs.count <= concept { conceptIDs.append(-1) }
    if conceptIDs[concept] >= 0 { return conceptIDs[concept] }
    let id = frequency.count
    conceptIDs[concept] = id
    frequency.append(0)
    return id
  }

  /// Lower-case words of a component.
  func componentWords(_ id: Int) -> [String] { names.words(of: id).words }
}
