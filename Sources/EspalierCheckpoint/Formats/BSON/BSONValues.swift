/// What BSON.jl's documents stand for. A document without a tag, or with a tag of another kind, is a
/// dictionary.
enum BSONTag: String {
  case array, backref, datatype, ref, svec, symbol, tuple, unionall
  case structure = "struct"
  /// The type of a function that the file defines itself.
  case anonymous = "jl_anonymous"
  case bottom = "jl_bottom_type"
}

/// A document with the values that it shares: what several places of it refer to stands once, in a list
/// at its end.
struct BSONValues {
  static let sharedKey = "_backrefs"

  /// BSON.jl writes four keys at most beside a tag; a document of many is a dictionary that has one.
  private static let mostKeys = 8
  /// What is shared is no reference itself, in files written by BSON.jl.
  private static let mostSteps = 8

  let document: BSONDocument
  private let shared: [BSONID]
  /// By number of the value: looked for once, as values can be referred to over and over.
  private var tags: [Int32: BSONTag] = [:]

  init(_ document: BSONDocument) {
    self.document = document
    let list = document.value(document.root, Self.sharedKey)
    shared = list.map { document.kind($0) == .array ? Array(document.children($0)) : [] } ?? []
    for index in document.nodes.indices {
      let id = BSONID(index: Int32(truncatingIfNeeded: index))
      guard document.kind(id) == .document, document.count(id) <= Self.mostKeys,
        let tag = document.value(id, "tag"), let text = document.text(tag), text.count < 32
      else { continue }
      tags[id.index] = BSONTag(rawValue: String(decoding: text, as: UTF8.self))
    }
  }

  func tag(_ id: BSONID) -> BSONTag? { tags[id.index] }

  /// The value itself, where `id` only refers to it.
  func resolve(_ id: BSONID) throws(CheckpointError) -> (value: BSONID, isShared: Bool) {
    var value = id
    var steps = 0
    while tag(value) == .backref {
      let number = document.value(value, "ref").flatMap { document.integer($0) }
      guard let number, number >= 1, number <= shared.count, steps < Self.mostSteps else {
        throw document.error(
          .badValue, at: value, "ref",
          found: number.map { "a reference to shared value \($0)" } ?? "no number",
          expected: shared.isEmpty
            ? "no reference, as nothing is shared" : "1 to \(shared.count), and no circle")
      }
      value = shared[Int(number) - 1]
      steps += 1
    }
    return (value, steps > 0)
  }

  /// A part that a tag demands.
  func part(_ id: BSONID, _ key: String) throws(CheckpointError) -> BSONID {
    guard let part = document.value(id, key) else {
      throw document.error(
        .badValue, at: id, key, found: "a tagged document without it",
        expected: "“\(key)”, as BSON.jl writes it")
    }
    return try resolve(part).value
  }

  /// The first element of a part that is a list.
  func first(_ id: BSONID, _ key: String) throws(CheckpointError) -> BSONID? {
    var children = document.children(try part(id, key))
    return children.next()
  }

  /// The elements of a part that is a list.
  func list(_ id: BSONID, _ key: String) throws(CheckpointError) -> [BSONID] {
    let part = try part(id, key)
    guard document.kind(part) == .array else {
      throw document.error(
        .badValue, at: part, key, found: "\(document.kind(part))", expected: "an array")
    }
    return Array(document.children(part))
  }

  /// A text or a symbol.
  func text(_ id: BSONID) throws(CheckpointError) -> [UInt8]? {
    let value = try resolve(id).value
    if let text = document.text(value) { return Array(text) }
    guard tag(value) == .symbol else { return nil }
    return document.text(try part(value, "name")).map { Array($0) }
  }

  /// The numbers of a tuple or a list of nothing but whole numbers from 0.
  func sizes(_ elements: [BSONID]) throws(CheckpointError) -> [Int]? {
    var sizes: [Int] = []
    for element in elements {
      guard let number = document.integer(try resolve(element).value), number >= 0 else {
        return nil
      }
      sizes.append(Int(number))
    }
    return sizes
  }
}
