import EspalierDiagnosis

/// A repair as Python, for PyTorch state dicts.
struct PythonCode: ExportedCode {
  let facts: ExportFacts
  let entry: [[UInt8]]

  var beginning: String {
    #"""
    """Repairs a checkpoint so that a PyTorch model loads it.

        python repair.py CHECKPOINT MODEL OUTPUT

    or, in a training script:

        model.load_state_dict(repair(load("checkpoint.pt"), model.state_dict()), strict=False)
    """
    import json
    import math
    import re
    import sys

    import torch


    def flatten(state, prefix=""):
        """Nested containers as one dictionary of dotted names."""
        flat = {}
        items = state.items() if isinstance(state, dict) else enumerate(state)
        for key, value in items:
            if isinstance(value, torch.Tensor):
                flat[f"{prefix}{key}"] = value.detach().cpu()
            elif isinstance(value, (dict, list, tuple)):
                flat.update(flatten(value, f"{prefix}{key}."))
        return flat


    def matching(names, template):
        """The names that "layers.{i0}.weight" or "layers.{i0}.{rest}" fits, with the parts."""
        seen = set()

        def group(hole):
            key = hole.group(1)
            if key in seen:
                return f"(?P={key})"
            seen.add(key)
            return "(?P<rest>.+)" if key == "rest" else f"(?P<{key}>0|[1-9][0-9]*)(?![0-9])"

        pattern = re.compile(re.sub(r"\\\{(i[0-9]+|rest)\\\}", group, re.escape(template)))
        for name in names:
            found = pattern.fullmatch(name)
            if found:
                yield name, found.groupdict()


    def fitted(value, target, name):
        """A value in the model's element type; another shape is an error."""
        if value.shape != target.shape:
            raise ValueError(f"{name}: found {tuple(value.shape)}, expected {tuple(target.shape)}")
        return value.to(target.dtype).contiguous()

    """# + "\n"
  }

  func helpers(_ used: Set<String>) -> String {
    PythonHelpers.all.filter { used.contains($0.step) }.map { "\n" + $0.text + "\n" }.joined()
  }

  func names(_ rules: [Rule]) -> String {
    var enters = ""
    var removes: [String] = []
    var strips = ""
    var adds: [String] = []
    for rule in rules {
      switch rule {
      case .enter(let name):
        enters += "    if len(path) > 1 and path[0] == \(text(name)):\n        path = path[1:]\n"
      case .strip(let name):
        let parts = TensorFacts.split(Array(name.utf8)).map { "\"\(quoted($0))\"" }
        strips +=
          "    if len(path) > \(parts.count) and path[:\(parts.count)] == "
          + "[\(parts.joined(separator: ", "))]:\n"
          + "        path = path[\(parts.count):]\n        names.append(\".\".join(path))\n"
      case .remove(let name): removes.append(text(name))
      case .add(let name): adds.append(text(name + "."))
      default: continue
      }
    }
    let removing =
      removes.isEmpty
      ? ""
      : "    path = [part for part in path[:-1] if part not in "
        + "(\(removes.joined(separator: ", ")),)] + path[-1:]\n"
    let adding =
      adds.isEmpty
      ? ""
      : "    names += [prefix + name for prefix in (\(adds.joined(separator: ", ")),) "
        + "for name in names]\n"
    return """

      def spellings(name):
          \"""The names under which the model may ask for a tensor of the checkpoint.\"""
          path = [part for part in re.split(r"[./]", name) if part]
      \(enters)\(removing)    names = [".".join(path)]
      \(strips)\(adding)    return names

      """
  }

  var repairBeginning: String {
    """


    def repair(checkpoint, target):
        \"""The checkpoint's tensors under the model's names.

        checkpoint: what torch.load gives; target: model.state_dict().
        \"""
        source = flatten(checkpoint)
        target = flatten(target)
        result = {}
        skipped = set()
        dropped = set()

    """
  }

  var ending: String {
    """

        # What is left loads by name where the shapes are equal.
        by_name = {name: value for name, value in source.items() if name not in dropped}
        for name, value in list(by_name.items()):
            for spelling in spellings(name):
                by_name.setdefault(spelling, value)
        for name, wanted in target.items():
            if name in result or name in skipped or name not in by_name:
                continue
            if by_name[name].shape == wanted.shape:
                result[name] = fitted(by_name[name], wanted, name)
        return result


    def load(path):
        if path.endswith(".gguf"):
            import gguf

            reader = gguf.GGUFReader(path)
            if reader.byte_order == "S":
                raise ValueError(f"{path}: in the other byte order; gguf-convert-endian turns it")
            return {
                tensor.name: torch.from_numpy(gguf.dequantize(tensor.data, tensor.tensor_type).copy())
                for tensor in reader.tensors
            }
        if path.endswith(".safetensors"):
            from safetensors.torch import load_file

            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)


    if __name__ == "__main__":
        if len(sys.argv) != 4:
            sys.exit("usage: python repair.py CHECKPOINT MODEL OUTPUT")
    \(save)

    """
  }

  /// The result where the model's file has its weights, beside what else is in it.
  private var save: String {
    guard !entry.isEmpty else {
      return """
            model = flatten(load(sys.argv[2]))
            model.update(repair(load(sys.argv[1]), model))
            torch.save(model, sys.argv[3])
        """
    }
    let keys = entry.map { "[\"\(quoted($0))\"]" }.joined()
    return """
          model = load(sys.argv[2])
          weights = model\(keys)
          weights.update(repair(load(sys.argv[1]), weights))
          torch.save(model, sys.argv[3])
      """
  }

  // MARK: Statements

  private func text(_ name: String) -> String { "\"\(quoted(Array(name.utf8)))\"" }

  func name(_ pattern: NamePattern) -> String {
    if isLiteral(pattern) {
      return "\""
        + pattern.pieces.map { if case .text(let text) = $0 { quoted(text) } else { "" } }.joined()
        + "\""
    }
    let body = pattern.pieces.map { piece in
      switch piece {
      case .text(let text):
        quoted(text).map { $0 == "{" || $0 == "}" ? "\($0)\($0)" : String($0) }.joined()
      case .hole(let hole): "{\(formula(hole))}"
      case .rest: "{rest}"
      }
    }.joined()
    return "f\"\(body)\""
  }

  func source(_ name: String) -> String { "source[\(name)]" }

  func tied(_ name: String) -> String { "source.get(\(name), result.get(\(name)))" }

  func moved(_ value: String, _ step: Step, layer: Int?) -> String {
    switch step {
    case .transpose: return "\(value).transpose(-1, -2)"
    case .permute(let axes): return "\(value).permute(\(list(axes)))"
    case .reshape(let shape): return "\(value).reshape([\(list(shape))])"
    case .split(let axis, let index, let of):
      return "\(value).tensor_split(\(of), \(axis))[\(index)]"
    case .slice(let axis, let start, let stop):
      return "\(value).narrow(\(axis), \(start), \(stop &- start))"
    case .index(let axis, let at):
      return "\(value).select(\(axis), \(layer.map(variable) ?? String(at)))"
    case .take(let axis, let order):
      return "\(value).index_select(\(axis), torch.tensor([\(list(order))]))"
    case .flip(let axes): return "\(value).flip([\(list(axes))])"
    case .pad: return value.hasPrefix("padded(") ? value : "padded(\(value), target[name])"
    default: return value
    }
  }

  func joined(_ values: [String], _ step: Step) -> String {
    let inside = "[" + values.joined(separator: ", ") + "]"
    if case .stack(let axis) = step { return "torch.stack(\(inside), \(axis))" }
    if case .concat(let axis) = step { return "torch.cat(\(inside), \(axis))" }
    return inside
  }

  func computed(_ step: Step, _ names: [String], isLast: Bool) -> String {
    let inside = "[" + names.joined(separator: ", ") + "]"
    switch step {
    case .weightNorm(let dim):
      return "weight_norm(\(names.map(source).joined(separator: ", ")), \(dim))"
    case .foldBatchNorm: return "fold_bn(source, \(inside), target[name], eps=\(facts.epsilon))"
    case .loraMerge: return "lora_merge(source, \(inside), target[name]\(adapterFacts))"
    case .dequantise:
      let bits = facts.bits.map { ", bits=\($0)" } ?? ""
      let group = facts.groupSize.map { ", group=\($0)" } ?? ""
      return
        "dequantise(source, \(inside), target[name]\(bits)\(group)\(isLast ? "" : ", last=False")"
        + "\(facts.hasPlainZeros ? ", zero=0" : ""))"
    case .resize: return "resize(source, \(names.first ?? "None"), target[name])"
    default: return inside
    }
  }

  /// What the metadata says of an adapter, as further arguments.
  private var adapterFacts: String {
    var out = facts.alpha.map { ", alpha=\($0)" } ?? ""
    if !facts.patterns.isEmpty {
      let pairs = facts.patterns.map { "(\(text($0.pattern)), \($0.alpha))" }
      out += ", patterns=[\(pairs.joined(separator: ", "))]"
    }
    out += facts.mlxScale.map { ", mlx=\($0)" } ?? ""
    if let alpha = facts.otherAlpha {
      out += ", other_alpha=\(alpha)" + (facts.saidRank.map { ", said_rank=\($0)" } ?? "")
    }
    return out + (facts.isRootScaled ? ", root=True" : "")
      + (facts.isTurned ? ", turned=True" : "")
  }

  func impossible(_ what: String) -> String { "impossible(\(text(what)))" }

  func loop(_ destination: NamePattern, body: String) -> String {
    if isLiteral(destination) {
      return "    name = \(name(destination))\n"
        + "    result[name] = fitted(\(body), target[name], name)\n"
    }
    var unpack = Set(destination.variables).sorted().map {
      "        \(variable($0)) = int(parts[\"i\($0)\"])\n"
    }.joined()
    if destination.isOpen { unpack += "        rest = parts[\"rest\"]\n" }
    return "    for name, parts in matching(target, \(template(destination))):\n" + unpack
      + "        result[name] = fitted(\(body), target[name], name)\n"
  }

  func leaveOut(_ names: NamePattern, _ side: RulePreview.Side) -> String {
    let (set, all) = side == .destination ? ("skipped", "target") : ("dropped", "source")
    if isLiteral(names) { return "    \(set).add(\(name(names)))\n" }
    return "    \(set).update(name for name, _ in matching(\(all), \(template(names))))\n"
  }
}
