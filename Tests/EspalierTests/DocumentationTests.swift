import EspalierBrowser
import Foundation
import Testing

/// The examples of the documentation, which stand here as they stand there: what compiles here is
/// what a reader copies.
@Suite struct DocumentationTests {
  /// Every example of the articles and of the README is in this file, but for its imports.
  @Test func everyExampleIsCompiled() throws {
    let tests = URL(fileURLWithPath: #filePath)
    let package = tests.deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let here = plain(try String(contentsOf: tests, encoding: .utf8))
    let folder = package.appendingPathComponent("Sources/Espalier/Espalier.docc")
    let articles = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    var count = 0
    for file in articles + [package.appendingPathComponent("README.md")]
    where file.pathExtension == "md" {
      for example in examples(try String(contentsOf: file, encoding: .utf8)) {
        count += 1
        let isHere = here.contains(plain(example))
        #expect(isHere, "\(file.lastPathComponent): \(example)")
      }
    }
    #expect(count > 20)
  }

  /// Each paragraph of each example: what stands between them here is for the compiler.
  private func examples(_ text: String) -> [String] {
    text.components(separatedBy: "```swift\n").dropFirst().flatMap { rest in
      rest.components(separatedBy: "```")[0].components(separatedBy: "\n\n")
        .filter { !plain($0).isEmpty }
    }
  }

  /// Without white space, which the formatter decides, and without imports.
  private func plain(_ text: String) -> String {
    text.split(separator: "\n").filter { !$0.hasPrefix("import ") }.joined()
      .filter { !$0.isWhitespace }
  }

  @Test func aStateDictSaysNothingAboutRates() throws {
    struct Net {
      var weight = ShapedArray<Float>.zeros([2])
      var rate = 0.5
    }
    // A dictionary of arrays is a state dict. `rate` is not missing.
    let file = ["weight": ShapedArray<Float>([1, 2])]
    let (net, _) = try load(Net(), fromModel: file)
    #expect(net.weight.elements == [1, 2] && net.rate == 0.5)
  }

  @Test func anAbsentBias() throws {
    struct Dense {
      var weight = ShapedArray<Float>.zeros([2, 3])
      var bias = OptionalParameter.active(ShapedArray<Float>([7, 8]))
    }
    var without = Dense()
    without.bias = .inactive

    // The bias becomes zero: that is what no bias computes.
    let (zeroed, _) = try load(Dense(), fromModel: without)
    #expect(zeroed.bias == .active(ShapedArray([0, 0])))

    #expect(throws: LoadRefused.self) {
      // Refused: [7, 8] has no place in `without`.
      _ = try load(without, fromModel: Dense())
    }
  }
}

struct Matrix {
  var rows = 1
  var columns = 1
  var storage: [Float] = [0]
}

extension Matrix: ElementArray {
  var modelArrayShape: Shape { [rows, columns] }
  var modelArrayElements: [Float] {
    get { storage }
    set { storage = newValue }
  }
}

/// Examples that are compiled and not run: they name files, or open the interface.
private enum Examples {
  struct Net {
    var weight = ShapedArray<Float>.zeros([2])
  }

  struct BatchNorm: Model {
    var scale, shift, mean, variance: ShapedArray<Float>
    var cache: [String: [Float]] = [:]

    static var modelChildren: [ModelChild] {
      [
        ModelChild("weight", \BatchNorm.scale),
        ModelChild("bias", \BatchNorm.shift),
        ModelChild("running_mean", \BatchNorm.mean, trainable: false),
        ModelChild("running_var", \BatchNorm.variance, trainable: false),
      ]
    }
  }

  static func landingPage() throws {
    struct Dense {
      var weight = ShapedArray<Float>.zeros([2, 3])
      var bias = OptionalParameter.active(ShapedArray<Float>.zeros([2]))
      var activation: (Float) -> Float = { max(0, $0) }
    }

    let (model, report) = try load(Dense(), from: "dense.safetensors")
    print(report.text())
    _ = model
  }

  static func formats() throws {
    let checkpoint = try Checkpoint.open("trained.pt")
    print(checkpoint.format.name, checkpoint.rootPath)
    for finding in checkpoint.findings { print(finding.severity, finding.sentence) }
  }

  static func parts(_ model: inout Net, _ plain: inout Net, _ withDropout: Net) throws {
    try load(
      &model, from: "classifier.safetensors",
      scope: LoadScope(into: "encoder", from: "model.encoder"))

    try load(
      &plain, fromModel: withDropout,
      scope: LoadScope(filter: .removing(types: ["Dropout"])))
  }

  static func selection(_ model: inout Net) throws {
    let selection = try PathSelection(["layers.*", "!**.bias"])
    let report = try load(
      &model, from: "model.safetensors", mode: .lenient,
      scope: LoadScope(from: "encoder", filter: selection.filter))
    _ = report
  }

  static func returned(_ model: Net, _ file: Checkpoint) throws {
    let (loaded, report) = try load(model, from: file)
    _ = (loaded, report)
  }

  static func changed(_ model: inout Net, _ file: Checkpoint) throws {
    let report = try load(&model, from: file)  // the same, for a variable
    _ = report
  }

  static func interface(_ model: inout Net) throws {
    let trained = try browse(Net(), against: "trained.pt")
    try browse(&model, against: "trained.pt")  // the same, for a variable
    _ = trained

    var options = try BrowseOptions(settings: "[options]\nunits = \"binary\"")
    options.selection = try PathSelection(["encoder", "!**.bias"])
    let encoder = try browse(Net(), against: "trained.pt", options: options)
    _ = encoder
  }

  static func saving(_ model: Net) throws {
    try save(model, to: "model.safetensors")
    var copy = Net()
    try load(&copy, from: "model.safetensors")

    print(try state(of: model).tree.dump)

    let vector = try destructure(model, trainableOnly: true)
    let moved = try restructure(model, from: vector.map { $0 * 0.9 }, trainableOnly: true)
    _ = moved
  }

  static func ties() {
    let embedding = ArrayReference<Float>.zeros([100, 8])
    let model = (encoder: embedding, decoder: embedding.transposed())
    _ = model
  }

  static func causes() throws {
    let model = try Checkpoint.open("model.safetensors")
    let destination = model.repairSide(below: model.root)
    let source = try Checkpoint.open("trained.pt").repairSide()
    let report = Engine().diagnose(
      destination: destination.inventory, source: source.inventory,
      values: ValueComparison(source: source, destination: destination))
    for diagnosis in report.diagnoses { print(diagnosis.sentence, diagnosis.harm.rawValue) }
  }

  static func repairs() throws {
    let destination = try Checkpoint.open("model.safetensors")
    let source = try Checkpoint.open("trained.pt")
    let report = Engine().diagnose(
      destination: destination.repairSide(below: destination.root).inventory,
      source: source.repairSide().inventory)
    try RuleSet(report.rules).write(to: "fix.toml", explaining: report.diagnoses)

    let rules = try RuleSet(contentsOf: "fix.toml")  // after somebody has read it
    let repaired = try rules.repairing(
      source.repairSide(), destination: destination.repairSide(below: destination.root))
    for preview in repaired.previews { print(preview) }
    let alignment = Alignment(
      destination.tree, repaired.tree, destinationRoot: destination.root, sourceRoot: repaired.root)
    let plan = try LoadPlan(
      alignment, mode: .strict, options: LoadOptions(nothingKeeps: repaired.hasSkips),
      destination: destination, source: repaired)
    _ = plan
  }

  static func readme() throws {
    let destination = try Checkpoint.open("model.safetensors")
    let source = try Checkpoint.open("trained.pt")
    let alignment = Alignment(
      destination.tree, source.tree, destinationRoot: destination.root, sourceRoot: source.root)
    let plan = try LoadPlan(alignment, mode: .strict, destination: destination, source: source)
    print(LoadReport(plan).text())
    // Throws when the plan is refused.
    let result = try LoadedSource(plan, destination: destination, source: source)
    try Checkpoint.save(SaveRequest(result, like: destination, to: "out.safetensors"))
  }
}
