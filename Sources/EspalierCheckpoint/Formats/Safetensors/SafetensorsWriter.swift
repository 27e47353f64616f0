import EspalierTree

/// Writes safetensors: into a copy of the destination, file by file, where it is safetensors itself;
/// otherwise one file from nothing.
struct SafetensorsWriter: CheckpointWriter {
  func holds(_ dtype: DType) -> Bool { SafetensorsDType.supports(dtype) }

  func losses(_ request: SaveRequest) throws -> [String] {
    copies(request) ? [] : try SafetensorsLayout(request).losses
  }

  func write(_ request: SaveRequest) throws -> SaveReport {
    if copies(request) { return try copy(request) }
    let layout = try SafetensorsLayout(request)
    var file = SavePlan.File(path: request.path)
    file.pieces.append(.bytes(try header(layout, request)))
    file.pieces += layout.entries.map { .values($0.leaf, count: $0.byteCount) }
    let files = try SavePlan(files: [file]).run(request)
    return SaveReport(
      format: Safetensors().name, files: files, arrays: layout.entries.count,
      losses: layout.losses)
  }

  private func copies(_ request: SaveRequest) -> Bool {
    request.destination?.format is Safetensors && CopyWriter.keepsFiles(request)
  }

  /// Names that share the values of another are written with it.
  private func copy(_ request: SaveRequest) throws -> SaveReport {
    let (_, source) = try CopyWriter.destination(of: request, SafetensorsSource.self)
    return try CopyWriter(isStoredElsewhere: { source.storedLeaf($0) != $0 }).write(request)
  }

  /// The length and the JSON, padded so that values begin at a multiple of eight.
  private func header(
    _ layout: SafetensorsLayout, _ request: SaveRequest
  ) throws(CheckpointError) -> [UInt8] {
    let tree = request.source.tree
    var text = HeaderText()
    text.append("{")
    appendMetadata(metadata(request, layout), to: &text)
    var offset = 0
    for entry in layout.entries {
      if text.bytes.count > 1 { text.append(",") }
      text.quote(entry.name)
      text.append(":{\"dtype\":")
      text.quote(Array(tree.dtype(of: entry.leaf).name.utf8))
      text.append(",\"shape\":")
      text.list(tree.shape(of: entry.leaf).dimensions)
      text.append(",\"data_offsets\":")
      text.list([offset, offset + entry.byteCount])
      offset += entry.byteCount
      text.append("}")
    }
    text.append("}")
    text.pad(toMultipleOf: 8)
    guard text.bytes.count <= SafetensorsHeader.lengthLimit else {
      throw CheckpointError(
        .limitExceeded, file: request.path, field: "header",
        found: "\(text.bytes.count) bytes of names and shapes",
        expected: "at most \(SafetensorsHeader.lengthLimit)", advice: "save one part at a time")
    }
    return withUnsafeBytes(of: UInt64(text.bytes.count).littleEndian) { Array($0) } + text.bytes
  }

  // MARK: Metadata

  private typealias Metadata = [(key: [UInt8], value: [UInt8])]

  private func appendMetadata(_ metadata: Metadata, to text: inout HeaderText) {
    if metadata.isEmpty { return }
    text.append("\"__metadata__\":{")
    for (index, entry) in metadata.enumerated() {
      if index > 0 { text.append(",") }
      text.quote(entry.key)
      text.append(":")
      text.quote(entry.value)
    }
    text.append("}")
  }

  /// What the destination's file says about itself, then what the request adds: texts only.
  private func metadata(_ request: SaveRequest, _ layout: SafetensorsLayout) -> Metadata {
    var entries: Metadata = []
    let kept = request.destination?.format is Safetensors ? request.destination?.metadata : nil
    for entry in (kept ?? []) + request.metadata where entry.key != SafetensorsTies.key {
      guard case .value(.text(let text)) = entry.value,
        !entries.contains(where: { $0.key == entry.key.bytes })
      else { continue }
      entries.append((entry.key.bytes, text))
    }
    if !layout.ties.isEmpty {
      entries.append((SafetensorsTies.key.bytes, SafetensorsTies.encode(layout.ties)))
    }
    return entries
  }
}
