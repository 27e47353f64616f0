import EspalierTree

/// The numbers that shards have in their names: `model-00001-of-00003.safetensors`.
struct ShardNumbers {
  let number: Int
  let total: Int
  /// What stands around the numbers.
  private let before: [UInt8]
  private let after: [UInt8]

  /// - Returns: nil where a name has none.
  init?(_ name: [UInt8]) {
    let separator = Array("-of-".utf8)
    guard name.count > separator.count,
      let at = (0...name.count - separator.count).last(where: {
        name[$0..<$0 + separator.count].elementsEqual(separator)
      })
    else { return nil }
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    let number = name[..<at].reversed().prefix(while: isDigit)
    let total = name[(at + separator.count)...].prefix(while: isDigit)
    guard let first = Int(String(decoding: number.reversed(), as: UTF8.self)),
      let last = Int(String(decoding: total, as: UTF8.self)), first >= 1, first <= last
    else { return nil }
    self.number = first
    self.total = last
    before = Array(name[..<(at - number.count)])
    after = Array(name[(at + separator.count + total.count)...])
  }

  /// Checks that the files of a folder without an index are all of one checkpoint's shards.
  ///
  /// Where names have no numbers, that is for the format to say.
  static func check(
    _ files: [InputFile], _ format: any CheckpointFormat, in folder: FilePath
  ) throws(CheckpointError) {
    let numbers = files.map { ShardNumbers($0.path.name) }
    guard let first = numbers.first ?? nil,
      numbers.allSatisfy({
        $0?.total == first.total && $0?.before == first.before && $0?.after == first.after
      })
    else {
      guard format.shardsAreNumbered else { return }
      let names = files.prefix(3).map { "“\(visibleText($0.path.name))”" }.joined(separator: ", ")
      throw CheckpointError(
        .notACheckpoint, file: folder,
        found: "\(files.count) checkpoints: \(names)\(files.count > 3 ? ", …" : "")",
        expected: "the numbered shards of one, or an index that names them",
        advice: "open the one you mean")
    }
    let present = Set(numbers.compactMap { $0?.number })
    guard first.total > present.count else { return }
    var missing = 1
    while present.contains(missing) { missing += 1 }
    throw CheckpointError(
      .missingShard, file: folder,
      found: "\(present.count) of \(first.total) shards; number \(missing) is not there",
      expected: "all \(first.total) shards", advice: "download the missing ones")
  }
}
