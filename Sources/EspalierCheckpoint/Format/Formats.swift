/// All formats that are read.
public enum Formats {
  /// The one list: a format is added here and nowhere else.
  public static let all: [any CheckpointFormat] = [
    Safetensors(),
    PyTorch(),
    PyTorchLegacy(),
    NumPy(),
    GGUF(),
    Keras(),
    HDF5(),
    JLD2(),
    BSON(),
    ONNX(),
    Orbax(),
    TensorFlow(),
    Skeleton(),
  ]

  /// The format of this name, as ``CheckpointFormat/name`` has it, or whose files have this extension
  /// (`npz`): of several, one that is written. Nil where there is none.
  public static func named(_ name: String) -> (any CheckpointFormat)? {
    all.first { $0.name == name } ?? meant(by: FilePath("a." + name))
  }

  /// Formats that can be written.
  public static var writable: [any CheckpointFormat] { all.filter { $0.writer != nil } }

  /// The format that writes files of this name from nothing, by its extension.
  static func writing(_ path: FilePath) -> (any CheckpointFormat)? {
    writable.first { hasExtension(path, of: $0) }
  }

  /// Whether a path ends in one of a format's extensions.
  public static func hasExtension(_ path: FilePath, of format: any CheckpointFormat) -> Bool {
    let name = path.name
    return format.extensions.contains {
      name.suffix($0.utf8.count + 1).elementsEqual(".\($0)".utf8)
    }
  }

  /// The format that a file of this name would have, by its extension: one that is written where
  /// there is one, else one that is only read.
  public static func meant(by path: FilePath) -> (any CheckpointFormat)? {
    writing(path) ?? all.first { hasExtension(path, of: $0) }
  }

  /// The file that a path stands for in a format's own way of naming.
  static func fileMeant(by path: FilePath) -> FilePath? {
    for format in all {
      if let file = format.fileMeant(by: path) { return file }
    }
    return nil
  }

  /// The format whose content this is; nil when it is none's.
  static func sniff(
    _ sample: ContentSample
  ) -> (format: any CheckpointFormat, confidence: Confidence)? {
    var best: (format: any CheckpointFormat, confidence: Confidence)?
    for format in all {
      let confidence = format.sniff(sample)
      if confidence > best?.confidence ?? .no { best = (format, confidence) }
    }
    return best
  }
}
