import EspalierTree

/// Writes `.npz` and `.npy`: into a copy of the destination where that is one; else from nothing, each
/// array as a member of an archive, or the only one as a file.
struct NumPyWriter: CheckpointWriter {
  func holds(_ dtype: DType) -> Bool { NumpyDType.code(of: dtype) != nil }

  func losses(_ request: SaveRequest) throws -> [String] {
    try copy(request) == nil ? NumPyDraft(request).losses : []
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    if let copy = try copy(request) { return try copy.write() }
    let draft = try NumPyDraft(request)
    if draft.isOneFile, let only = draft.arrays.first {
      var file = SavePlan.File(path: request.path)
      file.pieces = [.bytes(only.header), .values(only.leaf, count: only.byteCount)]
      let files = try SavePlan(files: [file]).run(request)
      return report(draft, files)
    }
    let total = draft.arrays.reduce(0) { $0 &+ $1.header.count &+ $1.byteCount }
    let output = try ZipMembers(request, total: total)
    do {
      for array in draft.arrays {
        try output.add(array.name + NumPy.suffix, head: array.header, array.leaf, array.byteCount)
      }
      return report(draft, [try output.finish(comment: draft.comment)])
    } catch {
      output.cancel()
      throw error
    }
  }

  /// - Returns: nil where the request is not for values of the destination's own tree.
  private func copy(_ request: SaveRequest) throws -> PickledCopy? {
    guard request.destination?.format is NumPy, CopyWriter.canCopy(request) else { return nil }
    if let copy = try PickledCopy(request) { return copy }
    // Made from nothing, the file would lose what is no array.
    throw CheckpointError(
      .unsupported, file: request.path,
      found: "new values for an array inside of pickled objects that spell it as text",
      expected: "one that lies in the file as plain values", advice: "save as safetensors")
  }

  private func report(_ draft: NumPyDraft, _ files: [SaveReport.File]) -> SaveReport {
    SaveReport(
      format: NumPy().name, files: files, arrays: draft.arrays.count, losses: draft.losses)
  }
}

/// The arrays that a file of NumPy is to have.
struct NumPyDraft {
  struct Array {
    var name: [UInt8]
    var leaf: LeafID
    var header: [UInt8]
    var byteCount: Int
  }

  private(set) var arrays: [Array] = []
  private(set) var losses: [String] = []
  /// What the archive says about ties.
  private(set) var comment: [UInt8] = []
  /// An `.npy`; else an archive.
  let isOneFile: Bool

  init(_ request: SaveRequest) throws {
    let tree = request.source.tree
    isOneFile = request.path.name.suffix(4) == NumPy.suffix[...]
    var left: [String] = []
    var ties: [Int: [(name: [UInt8], array: ArrayDescription)]] = [:]
    var names: Set<[UInt8]> = []
    let range = request.root.index..<tree.end(of: request.root)
    for leaf in tree.leafIDs where range.contains(tree.node(of: leaf).index) {
      let path = tree.path(of: tree.node(of: leaf), below: request.root).flatName.bytes
      guard let array = tree.array(leaf), request.source.hasValues(leaf) else {
        left.append(visibleText(path))
        continue
      }
      guard let code = NumpyDType.code(of: array.dtype), let count = array.byteCount else {
        throw request.unsupportedTypes(in: "NumPy") { NumpyDType.code(of: $0) != nil }
      }
      guard names.insert(path).inserted else {
        throw CheckpointError(
          .duplicateName, file: request.path, place: path, found: "a second array of this name",
          expected: "every name once", advice: "choose another format")
      }
      if let tie = tree.tie(of: leaf) { ties[tie, default: []].append((path, array)) }
      let header = Self.header(code, array.shape.dimensions)
      arrays.append(Array(name: path, leaf: leaf, header: header, byteCount: count))
    }
    if isOneFile, arrays.count != 1 {
      throw CheckpointError(
        .unsupported, file: request.path, found: "\(arrays.count) arrays",
        expected: "one for an .npy file", advice: "name the output .npz")
    }
    let groups = ties.sorted { $0.key < $1.key }.map(\.value).filter { $0.count > 1 }
    let isRecorded = record(groups)
    note(left, groups.map { $0.map(\.name) }, isRecorded)
    losses += request.metadataLosses(in: "NumPy")
  }

  /// Says in the archive which arrays are one; views of other shape or order are copies for good.
  private mutating func record(_ groups: [[(name: [UInt8], array: ArrayDescription)]]) -> Bool {
    let ties = groups.flatMap { group in
      group.indices.compactMap { at -> SafetensorsTies.Tie? in
        let own = group[at]
        guard
          let first = group[..<at].first(where: {
            $0.array.shape == own.array.shape && $0.array.layout == own.array.layout
              && $0.array.dtype == own.array.dtype
          })
        else { return nil }
        return SafetensorsTies.Tie(name: own.name, stored: first.name)
      }
    }
    guard !isOneFile, let text = NpzTies.comment(ties) else { return false }
    comment = text
    return ties.count == groups.reduce(0) { $0 + $1.count - 1 }
  }

  private mutating func note(_ left: [String], _ ties: [[[UInt8]]], _ isRecorded: Bool) {
    if !left.isEmpty {
      let names = left.prefix(3).joined(separator: ", ") + (left.count > 3 ? ", …" : "")
      losses.append(
        "\(left.count) leaves that are no arrays, or have no values, are left out: \(names)")
    }
    for group in ties {
      let names = group.prefix(3).map { visibleText($0) }.joined(separator: ", ")
      losses.append(
        "the format has no ties, each of these holds its own copy"
          + (isRecorded ? ", and the archive's comment says that they are one" : "")
          + ": \(names)" + (group.count > 3 ? ", …" : ""))
    }
  }

  /// Version 1.0 as numpy writes it, padded so that values begin at a multiple of 64.
  private static func header(_ code: String, _ shape: [Int]) -> [UInt8] {
    let tuple =
      shape.count == 1 ? "(\(shape[0]),)" : "(\(shape.map { "\($0)" }.joined(separator: ", ")))"
    let text = "{'descr': '\(code)', 'fortran_order': False, 'shape': \(tuple), }"
    let isLong = text.utf8.count + 75 > Int(UInt16.max)
    let start = NpyHeader.magic.count + (isLong ? 6 : 4)
    let padding = (64 - (start + text.utf8.count + 1) % 64) % 64
    let length = text.utf8.count + padding + 1
    var bytes = NpyHeader.magic + [isLong ? 2 : 1, 0]
    for place in 0..<(isLong ? 4 : 2) {
      bytes.append(UInt8(truncatingIfNeeded: length >> (8 * place)))
    }
    return bytes + text.utf8 + [UInt8](repeating: 0x20, count: padding) + [0x0A]
  }
}

extension NumpyDType {
  /// numpy's code for little-endian elements; nil where it has no such type.
  static func code(of type: DType) -> String? {
    switch type {
    case .bool: "|b1"
    case .u8: "|u1"
    case .i8: "|i1"
    case .u16: "<u2"
    case .i16: "<i2"
    case .u32: "<u4"
    case .i32: "<i4"
    case .u64: "<u8"
    case .i64: "<i8"
    case .f16: "<f2"
    case .f32: "<f4"
    case .f64: "<f8"
    case .c64: "<c8"
    case .c128: "<c16"
    default: nil
    }
  }
}
