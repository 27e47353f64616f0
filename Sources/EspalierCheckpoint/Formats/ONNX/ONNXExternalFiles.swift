import EspalierTree

/// Files beside the model that hold values of its tensors. What the model says is one component: the
/// name of a regular file in the same folder.
struct ONNXExternalFiles {
  let model: InputFile
  /// In the order in which tensors name them.
  private(set) var files: [InputFile] = []
  private var numbers: [[UInt8]: Int] = [:]
  private var storages: [Part: StorageID] = [:]

  private struct Part: Hashable {
    var file: ObjectIdentifier
    var range: Range<Int>
  }

  static let fileLimit = 4096

  init(model: InputFile) { self.model = model }

  /// The bytes of a tensor that says where they are.
  mutating func part(
    _ entries: [(key: [UInt8], value: [UInt8])], of tensor: ONNXTensor, _ byteCount: Int,
    _ reader: ProtobufReader
  ) throws(CheckpointError) -> ByteRegion {
    func entry(_ key: String) -> [UInt8]? {
      entries.last { $0.key.elementsEqual(key.utf8) }?.value
    }
    guard let name = entry("location") else {
      throw tensor.error(
        reader, .badValue, found: "external data without a location", "the name of a file")
    }
    let file = try file(name, tensor, reader)
    let offset = try number(entry("offset"), "offset", tensor, reader) ?? 0
    let length = try number(entry("length"), "length", tensor, reader) ?? byteCount
    guard length == byteCount else {
      throw tensor.error(
        reader, .badValue, found: "external data of \(EspalierCheckpoint.byteCount(length))",
        "\(EspalierCheckpoint.byteCount(byteCount)) for \(tensor.kind)")
    }
    guard offset <= file.size, length <= file.size - offset else {
      throw tensor.error(
        reader, .truncated,
        found: "\(EspalierCheckpoint.byteCount(file.size)) in “\(visibleText(name))”",
        "\(EspalierCheckpoint.byteCount(length)) at offset \(offset)")
    }
    return try ByteRegion(file).slice(at: offset, count: length)
  }

  /// One storage for all tensors that name the same bytes.
  ///
  /// - Parameter leaf: the number of the leaf, which names the storage where it is new.
  mutating func storage(of part: ByteRegion, leaf: Int) -> StorageID {
    let key = Part(file: ObjectIdentifier(part.file), range: part.range)
    if let known = storages[key] { return known }
    let storage = StorageID(Int32(truncatingIfNeeded: leaf))
    storages[key] = storage
    return storage
  }

  private mutating func file(
    _ name: [UInt8], _ tensor: ONNXTensor, _ reader: ProtobufReader
  ) throws(CheckpointError) -> InputFile {
    if let number = numbers[name] { return files[number] }
    let path = try model.path.neighbour(
      name, at: reader.origin.offset.map { $0 &+ tensor.range.lowerBound })
    guard files.count < Self.fileLimit else {
      throw tensor.error(
        reader, .limitExceeded, found: "more files with values", "at most \(Self.fileLimit)")
    }
    let file: InputFile
    do {
      file = try InputFile(path)
    } catch {
      guard error.code == .notFound else { throw error }
      throw tensor.error(
        reader, .missingShard, found: "no file “\(visibleText(name))” beside the model",
        "the file that holds the values", advice: "download it too, into the same folder")
    }
    numbers[name] = files.count
    files.append(file)
    return file
  }

  private func number(
    _ text: [UInt8]?, _ key: String, _ tensor: ONNXTensor, _ reader: ProtobufReader
  ) throws(CheckpointError) -> Int? {
    guard let text else { return nil }
    guard text.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(String(decoding: text, as: UTF8.self))
    else {
      throw tensor.error(
        reader, .badValue, found: "\(key) “\(visibleText(text))”", "a number of bytes in digits")
    }
    return number
  }
}
