import EspalierTree

/// Python pickles that are no PyTorch file: what Python would do on loading them. Read symbolically,
/// like all pickles.
struct PlainPickle {
  private let globals: [PickleGlobal]

  /// Small files only: it is looked at for a sentence.
  private static let sizeLimit = 16 << 20
  private static let pickleLimit = 16

  /// - Returns: nil when the content is not read as a pickle.
  init?(_ sample: ContentSample) {
    guard sample.size <= Self.sizeLimit else { return nil }
    var limits = PickleLimits()
    limits.objects = 1_000_000
    limits.opcodes = 10_000_000
    var globals: [PickleGlobal] = []
    var offset = 0
    // Several can stand in a row; one that is broken ends them.
    for _ in 0..<Self.pickleLimit where offset < sample.size {
      guard
        let rest = try? sample.region.slice(at: offset, count: sample.size - offset),
        let pickle = try? PickleDocument(rest, limits: limits), pickle.end > 0
      else { break }
      globals += pickle.globals
      offset += pickle.end
    }
    guard offset > 0 else { return nil }
    self.globals = globals
  }

  /// Whether it names something: by chance, text does not.
  var namesAnything: Bool { !globals.isEmpty }

  var what: String {
    if let worst = globals.first(where: { $0.risk == .dangerous }) {
      return "a Python pickle that names \(visibleText(worst.fullName)): "
        + "Python would run code from it"
    }
    if let unknown = globals.first(where: { $0.risk == .unknown }) {
      return "a Python pickle that names \(visibleText(unknown.fullName)), "
        + "which Python would import"
    }
    return "a Python pickle of plain data, without a PyTorch file around it"
  }

  var advice: String {
    globals.contains { $0.risk == .dangerous }
      ? "do not load it, and ask whoever made it for safetensors"
      : "load it in Python if you trust it, and save its arrays as safetensors"
  }
}
