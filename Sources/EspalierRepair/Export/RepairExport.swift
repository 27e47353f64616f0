import EspalierDiagnosis
import EspalierTree

/// The languages that a repair can be taken home in.
public enum ExportLanguage: String, CaseIterable, Sendable {
  /// A PyTorch state dict.
  case python
  /// The state of a Flux model.
  case julia
}

/// Writes the code that applies rules to the state of a model in its own framework.
public struct RepairExport: Sendable {
  private let rules: [Rule]
  private let diagnoses: [Diagnosis]
  private let facts: ExportFacts
  private let entry: [[UInt8]]

  /// - Parameters:
  ///   - diagnoses: said at the top of the code.
  ///   - source: what the rules are for.
  ///   - entry: the keys below which the destination's file has its weights.
  public init(
    _ rules: [Rule], diagnoses: [Diagnosis] = [], source: Inventory, entry: [Name] = []
  ) {
    self.rules = rules
    self.diagnoses = diagnoses
    self.entry = entry.map(\.bytes)
    facts = ExportFacts(source)
  }

  /// The code, as a file of its own.
  public func text(_ language: ExportLanguage) -> String {
    switch language {
    case .python: return write(PythonCode(facts: facts, entry: entry))
    case .julia: return write(JuliaCode(facts: facts))
    }
  }

  private func write(_ code: any ExportedCode) -> String {
    var out = ""
    for (number, diagnosis) in diagnoses.enumerated() {
      out += RuleFileWriter.wrapped(
        visibleText(Array("\(number + 1). \(diagnosis.sentence)".utf8)))
    }
    out += code.beginning
    out += code.helpers(used)
    out += code.names(rules)
    out += code.repairBeginning
    for rule in rules { out += statement(rule, code) }
    return out + code.ending
  }

  /// Steps that need helpers.
  private var used: Set<String> {
    var used: Set<String> = []
    for case .take(_, _, let operation, _) in rules {
      for step in operation.steps {
        used.insert(String(step.description.prefix { $0 != "(" && $0 != "[" }))
        if step.isComputed, !startsComputing(operation) { used.insert("impossible") }
      }
    }
    return used
  }

  private func statement(_ rule: Rule, _ code: any ExportedCode) -> String {
    switch rule {
    case .enter, .strip, .remove, .add: return ""
    case .skip(let pattern): return code.leaveOut(pattern, .destination)
    case .drop(let pattern): return code.leaveOut(pattern, .source)
    case .take(let destination, let sources, let operation, let layer):
      let names = sources.map(code.name)
      if operation.steps.contains(where: \.isComputed) {
        return code.loop(destination, body: computed(operation, names, code))
      }
      // A tie may name a tensor of the model, which has its value by now.
      let isTie = operation.keepsValues && operation.steps.contains(.tie)
      var values = names.map(isTie ? code.tied : code.source)
      for step in operation.steps {
        switch step {
        case .concat, .stack: values = [code.joined(values, step)]
        default:
          values = values.map { code.moved($0, step, layer: layer) }
        }
      }
      return values.first.map { code.loop(destination, body: $0) } ?? ""
    }
  }

  private func startsComputing(_ operation: Operation) -> Bool {
    operation.steps.first { !$0.keepsValues }?.isComputed ?? true
  }

  /// A computing step comes first and takes the names.
  private func computed(
    _ operation: Operation, _ names: [String], _ code: any ExportedCode
  ) -> String {
    // What is moved before is no longer what a step knows by its name.
    if !startsComputing(operation) { return code.impossible(operation.description) }
    let moves = operation.steps.count { !$0.keepsValues }
    var value = ""
    for step in operation.steps {
      value =
        step.isComputed
        ? code.computed(step, names, isLast: moves == 1) : code.moved(value, step, layer: nil)
    }
    return value
  }
}

/// What the source's metadata says about steps that compute.
struct ExportFacts: Sendable {
  let bits: Int?
  let groupSize: Int?
  let alpha: Float?
  /// Of LoHa and LoKr in PEFT's configuration, and the rank there.
  let otherAlpha: Float?
  let saidRank: Int?
  /// The scale that MLX says.
  let mlxScale: Float?
  /// Alphas of single modules, by the ends of their names.
  let patterns: [(pattern: String, alpha: Float)]
  let isRootScaled: Bool
  /// Weights of adapters are (in, out).
  let isTurned: Bool
  /// Zeros of GPTQ are stored as they are.
  let hasPlainZeros: Bool
  let epsilon: Float

  init(_ source: Inventory) {
    let steps = ComputedSteps(source: source) { _ in ValueNode(.f32, [], .concat([], axis: 0)) }
    bits = source.number(["quantization.bits", "weights.num_bits", "bits", "num_bits"])
    groupSize = source.number(["group_size", "q_group_size"])
    alpha = steps.alpha
    otherAlpha = steps.peftAlpha
    saidRank = source.number(["adapter_config.json.r"])
    mlxScale = steps.metadata(["lora_parameters.scale"])
    patterns = AlphaPatterns(source.metadata).entries
    isTurned = steps.says("fan_in_fan_out")
    hasPlainZeros = steps.text("checkpoint_format") == "gptq_v2"
    isRootScaled = steps.isRootScaled
    epsilon = steps.epsilon
  }
}

extension Step {
  /// New values, from the source's tensors.
  fileprivate var isComputed: Bool {
    switch self {
    case .dequantise, .weightNorm, .loraMerge, .foldBatchNorm, .resize: true
    default: false
    }
  }
}

/// How one language says it.
protocol ExportedCode {
  var beginning: String { get }
  func helpers(_ used: Set<String>) -> String
  /// How source names are read.
  func names(_ rules: [Rule]) -> String
  var repairBeginning: String { get }
  var ending: String { get }

  /// A source name with its numbers, as a string expression.
  func name(_ pattern: NamePattern) -> String
  /// The source array of a name.
  func source(_ name: String) -> String
  /// The same, or what the model's tensor of that name has got.
  func tied(_ name: String) -> String
  func moved(_ value: String, _ step: Step, layer: Int?) -> String
  func joined(_ values: [String], _ step: Step) -> String
  /// - Parameter isLast: the result is the model's own array, whose size tells how it was packed.
  func computed(_ step: Step, _ names: [String], isLast: Bool) -> String
  /// An operation that is not written in this language.
  func impossible(_ what: String) -> String
  /// A statement for all destination names that fit.
  func loop(_ destination: NamePattern, body: String) -> String
  /// A statement that takes all names of one side that fit out of the load.
  func leaveOut(_ names: NamePattern, _ side: RulePreview.Side) -> String
}

extension ExportedCode {
  func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }

  /// The names below which an `index` step counts.
  func variable(_ number: Int) -> String { "i\(number)" }

  func formula(_ hole: NamePattern.Hole) -> String {
    let name = variable(hole.variable)
    if hole.countsDown { return "\(hole.offset) - \(name)" }
    if hole.offset == 0 { return name }
    return hole.offset > 0 ? "\(name) + \(hole.offset)" : "\(name) - \(hole.offset.magnitude)"
  }

  func isLiteral(_ pattern: NamePattern) -> Bool {
    pattern.pieces.allSatisfy { if case .text = $0 { true } else { false } }
  }

  /// A name with a hole for each number: `"layers.{i0}.weight"`.
  func template(_ pattern: NamePattern, escaping more: String = "") -> String {
    "\""
      + pattern.pieces.map { piece in
        switch piece {
        case .text(let text): quoted(text, escaping: more)
        case .hole(let hole): "{\(variable(hole.variable))}"
        case .rest: "{rest}"
        }
      }.joined() + "\""
  }

  /// Text between double quotes; what a reader would not see is spelt.
  func quoted(_ text: [UInt8], escaping more: String = "") -> String {
    var out = ""
    for character in String(decoding: text, as: UTF8.self).unicodeScalars {
      switch character {
      case "\"", "\\": out += "\\\(character)"
      case "\n": out += "\\n"
      case _ where more.unicodeScalars.contains(character): out += "\\\(character)"
      case _ where isVisible(character): out.unicodeScalars.append(character)
      default: out += spelt(character)
      }
    }
    return out
  }
}
