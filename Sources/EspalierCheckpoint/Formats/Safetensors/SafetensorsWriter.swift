import EspalierTree

/// Writes safetensors: one file, or the same shards and index as the destination.
struct SafetensorsWriter: CheckpointWriter {
  func losses(_ request: SaveRequest) throws -> [String] { try SafetensorsLayout(request).losses }

  func write(_ request: SaveRequest) throws -> SaveReport {
    let layout = try SafetensorsLayout(request)
    let files = try plannedFiles(layout, request)
    let total = files.reduce(0) { $0 &+ $1.size }
    if files.count > 1 { try SaveGroup.checkSpace(total, for: files[0].path) }
    let progress = SaveMeter(request.monitor, total: total)
    var saved: [AtomicFile] = []
    do {
      for file in files {
        let output = try AtomicFile(file.path, options: options(file, request, progress))
        saved.append(output)
        try output.append(file.header)
        for entry in file.entries {
          try output.append(values: request.source, entry.leaf, progress)
        }
      }
      try SaveGroup.commit(saved)
    } catch {
      saved.forEach { $0.cancel() }
      throw error
    }
    return SaveReport(
      format: Safetensors().name, files: files.map { .init(path: $0.path, size: $0.size) },
      arrays: layout.entries.count, losses: layout.losses)
  }

  /// One file to be written: its header or, for an index, everything.
  private struct PlannedFile {
    var path: FilePath
    var header: [UInt8]
    var entries: [SafetensorsLayout.Entry] = []

    var size: Int { header.count + entries.reduce(0) { $0 &+ $1.byteCount } }
  }

  private func options(
    _ file: PlannedFile, _ request: SaveRequest, _ progress: SaveMeter
  ) -> SaveOptions {
    SaveOptions(
      replace: request.replace, expectedSize: file.size, inputs: request.inputs,
      isCancelled: { progress.isStopped }, progress: { progress.follow($0) })
  }

  private func plannedFiles(
    _ layout: SafetensorsLayout, _ request: SaveRequest
  ) throws -> [PlannedFile] {
    let tree = request.source.tree
    guard let destination = request.destination, let shards = destination.shards,
      let source = destination.values as? SafetensorsSource, !shards.names.isEmpty
    else {
      let header = try header(layout.entries, layout, metadata(request, layout), tree, request.path)
      return [PlannedFile(path: request.path, header: header, entries: layout.entries)]
    }
    return try shardFiles(layout, request, shards, source)
  }

  private func shardFiles(
    _ layout: SafetensorsLayout, _ request: SaveRequest, _ shards: Shards,
    _ source: SafetensorsSource
  ) throws -> [PlannedFile] {
    // The path names the index, or the folder that everything goes into.
    let name = request.path.name
    let isIndex = name.suffix(5).elementsEqual(".json".utf8)
    let folder = isIndex ? request.path.folder : request.path
    if !isIndex { try makeFolder(folder) }
    var files: [PlannedFile] = []
    var map: [(name: [UInt8], shard: [UInt8])] = []
    for (number, shard) in shards.names.enumerated() {
      let entries = layout.entries.filter { source.partNumber(ofStored: $0.leaf) == number }
      let metadata = number == 0 ? metadata(request, layout) : []
      let header = try header(entries, layout, metadata, request.source.tree, request.path)
      files.append(
        PlannedFile(path: folder.appending(shard), header: header, entries: entries))
      map += entries.map { ($0.name, shard) }
    }
    let indexName =
      isIndex
      ? name : shards.index?.path.name ?? Array("model.safetensors.index.json".utf8)
    files.append(
      PlannedFile(
        path: folder.appending(indexName), header: indexText(map, total: layout.byteCount)))
    return files
  }

  // MARK: Text

  private func metadata(
    _ request: SaveRequest, _ layout: SafetensorsLayout
  ) -> [(key: [UInt8], value: [UInt8])] {
    var entries: [(key: [UInt8], value: [UInt8])] = []
    let kept =
      request.destination?.format.name == "safetensors" ? request.destination?.metadata : nil
    for entry in (kept ?? []) + request.metadata where entry.key != SafetensorsTies.key {
      if case .value(.text(let text)) = entry.value { entries.append((entry.key.bytes, text)) }
    }
    if !layout.ties.isEmpty {
      entries.append((SafetensorsTies.key.bytes, SafetensorsTies.encode(layout.ties)))
    }
    return entries
  }

  /// The length and the JSON, padded so that values begin at a multiple of eight.
  private func header(
    _ entries: [SafetensorsLayout.Entry], _ layout: SafetensorsLayout,
    _ metadata: [(key: [UInt8], value: [UInt8])], _ tree: Tree, _ path: FilePath
  ) throws(CheckpointError) -> [UInt8] {
    var text = HeaderText()
    text.append("{")
    var isFirst = true
    if !metadata.isEmpty {
      text.append("\"__metadata__\":{")
      for (index, entry) in metadata.enumerated() {
        if index > 0 { text.append(",") }
        text.quote(entry.key)
        text.append(":")
        text.quote(entry.value)
      }
      text.append("}")
      isFirst = false
    }
    var offset = 0
    for entry in entries {
      if !isFirst { text.append(",") }
      isFirst = false
      text.quote(entry.name)
      text.append(":{\"dtype\":")
      text.quote(Array(tree.dtype(of: entry.leaf).name.utf8))
      text.append(",\"shape\":[")
      for (axis, dimension) in tree.shape(of: entry.leaf).dimensions.enumerated() {
        if axis > 0 { text.append(",") }
        text.append(dimension)
      }
      text.append("],\"data_offsets\":[")
      text.append(offset)
      text.append(",")
      offset += entry.byteCount
      text.append(offset)
      text.append("]}")
    }
    text.append("}")
    text.pad(toMultipleOf: 8)
    guard text.bytes.count <= SafetensorsHeader.lengthLimit else {
      throw CheckpointError(
        .limitExceeded, file: path, field: "header",
        found: "\(text.bytes.count) bytes of names and shapes",
        expected: "at most \(SafetensorsHeader.lengthLimit)", advice: "save in shards")
    }
    return withUnsafeBytes(of: UInt64(text.bytes.count).littleEndian) { Array($0) } + text.bytes
  }

  private func indexText(_ map: [(name: [UInt8], shard: [UInt8])], total: Int) -> [UInt8] {
    var text = HeaderText()
    text.append("{\n  \"metadata\": {\n    \"total_size\": ")
    text.append(total)
    text.append("\n  },\n  \"weight_map\": {")
    for (index, row) in map.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }).enumerated()
    {
      if index > 0 { text.append(",") }
      text.append("\n    ")
      text.quote(row.name)
      text.append(": ")
      text.quote(row.shard)
    }
    text.append("\n  }\n}\n")
    return text.bytes
  }
}
