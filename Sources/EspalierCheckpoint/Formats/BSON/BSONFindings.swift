import EspalierTree

/// What a user should know of a BSON file before handing it to Julia.
struct BSONFindings {
  private(set) var all: [Finding] = []

  /// Only so many are told one by one.
  private static let limit = 100

  init(_ values: BSONValues, _ types: BSONTypes) throws(CheckpointError) {
    var types = types
    var seen: Set<String> = []
    let document = values.document
    for index in document.nodes.indices where seen.count < Self.limit {
      let id = BSONID(index: Int32(truncatingIfNeeded: index))
      guard document.kind(id) == .document, values.tag(id) == .anonymous else { continue }
      let name = try types.type(id).shown
      guard seen.insert(name).inserted else { continue }
      all.append(
        Finding(
          .note, code: "code-in-file", place: Array(name.utf8),
          sentence:
            "it holds the code of the function \(visibleText(name.utf8)), which BSON.jl would "
            + "define on loading; here it is only a name"))
    }
  }
}
