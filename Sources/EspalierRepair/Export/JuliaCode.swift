import EspalierDiagnosis

/// A repair as Julia, for the state of a Flux model. Axes count from 1, and reshapes go in row-major
/// order as the rules mean them.
struct JuliaCode: ExportedCode {
  let facts: ExportFacts

  var beginning: String {
    #"""
    # Repairs a checkpoint so that a Flux model loads it:
    #
    #     include("repair.jl")
    #     Flux.loadmodel!(model, repair(checkpoint, Flux.state(model)))

    "Nested containers as one dictionary of dotted names."
    function flatten!(flat, state, prefix = "")
        for (key, value) in pairs(state)
            name = prefix * string(key)
            if value isa AbstractArray{<:Number}
                flat[name] = value
            elseif value isa Union{NamedTuple,Tuple,AbstractDict,AbstractVector}
                flatten!(flat, value, name * ".")
            end
        end
        return flat
    end
    flatten(state) = flatten!(Dict{String,Any}(), state)

    "The state with the arrays that `flat` has."
    function unflatten(state, flat, prefix = "")
        rebuild(key, value) =
            value isa AbstractArray{<:Number} ? get(flat, prefix * string(key), value) :
            value isa Union{NamedTuple,Tuple} ? unflatten(value, flat, prefix * string(key) * ".") : value
        rebuilt = [rebuild(key, value) for (key, value) in pairs(state)]
        return state isa NamedTuple ? NamedTuple{keys(state)}(rebuilt) : Tuple(rebuilt)
    end

    "The names that `layers.{i0}.weight` or `layers.{i0}.{rest}` fits, each with its match."
    function matching(names, template)
        seen = Set{String}()
        function group(hole)
            key = String(hole[3:(end - 2)])
            key in seen && return "\\k<$key>"
            push!(seen, key)
            key == "rest" && return "(?<rest>.+)"
            return "(?<$key>0|[1-9][0-9]*)(?![0-9])"
        end
        escaped = replace(template, r"[^A-Za-z0-9_/ -]" => c -> "\\" * c)
        pattern = Regex("^" * replace(escaped, r"\\\{(?:i[0-9]+|rest)\\\}" => group) * "\$")
        return [(name, match(pattern, name)) for name in names if occursin(pattern, name)]
    end

    "A value in the model's element type; another shape is an error."
    function fitted(value, target, name)
        size(value) == size(target) ||
            error("$name: found $(size(value)), expected $(size(target))")
        return convert(Array{eltype(target)}, value)
    end

    "Last axes swapped."
    swapped(x) = permutedims(x, (1:(ndims(x) - 2)..., ndims(x), ndims(x) - 1))

    "A reshape in row-major order."
    function reshaped(x, shape...)
        rows = permutedims(x, reverse(1:ndims(x)))
        count = length(x)
        known = prod(filter(!=(-1), collect(shape)); init = 1)
        dims = map(d -> d == -1 ? count ÷ known : d, reverse(shape))
        return permutedims(reshape(rows, dims...), reverse(1:length(dims)))
    end

    """# + "\n"
  }

  func helpers(_ used: Set<String>) -> String {
    JuliaHelpers.all.filter { used.contains($0.step) }.map { "\n" + $0.text + "\n" }.joined()
  }

  func names(_ rules: [Rule]) -> String {
    var body = ""
    for rule in rules {
      if case .enter(let name) = rule {
        body +=
          "    length(path) > 1 && path[1] == \(text(name)) && (path = path[2:end])\n"
      }
    }
    let removes = rules.compactMap { if case .remove(let name) = $0 { text(name) } else { nil } }
    if !removes.isEmpty {
      body +=
        "    path = [filter(part -> !(part in (\(removes.joined(separator: ", ")),)), "
        + "path[1:(end - 1)]); path[end:end]]\n"
    }
    body += "    names = [join(path, \".\")]\n"
    for rule in rules {
      guard case .strip(let name) = rule else { continue }
      let parts = TensorFacts.split(Array(name.utf8)).map { "\"\(quoted($0, escaping: "$"))\"" }
      body += """
            if length(path) > \(parts.count) && path[1:\(parts.count)] == [\(parts.joined(separator: ", "))]
                path = path[\(parts.count + 1):end]
                push!(names, join(path, "."))
            end

        """
    }
    let adds = rules.compactMap { if case .add(let name) = $0 { text(name + ".") } else { nil } }
    if !adds.isEmpty {
      body +=
        "    append!(names, [prefix * name for prefix in (\(adds.joined(separator: ", ")),) "
        + "for name in names])\n"
    }
    return "\n\"The names under which the model may ask for an array of the checkpoint.\"\n"
      + "function spellings(name)\n"
      + "    path = filter(!isempty, String.(split(name, ['.', '/'])))\n" + body
      + "    return names\nend\n"
  }

  var repairBeginning: String {
    """

    "The model's state with the checkpoint's arrays."
    function repair(checkpoint, state)
        source = flatten(checkpoint)
        target = flatten(state)
        result = Dict{String,Any}()
        skipped = Set{String}()
        dropped = Set{String}()

    """
  }

  var ending: String {
    """

        # What is left loads by name where the shapes are equal.
        by_name = filter(pair -> !(first(pair) in dropped), source)
        for (name, value) in collect(by_name), spelling in spellings(name)
            get!(by_name, spelling, value)
        end
        for (name, wanted) in target
            (haskey(result, name) || name in skipped || !haskey(by_name, name)) && continue
            size(by_name[name]) == size(wanted) || continue
            result[name] = fitted(by_name[name], wanted, name)
        end
        return unflatten(state, result)
    end

    """
  }

  // MARK: Statements

  private func text(_ name: String) -> String {
    "\"\(quoted(Array(name.utf8), escaping: "$"))\""
  }

  func name(_ pattern: NamePattern) -> String {
    "\""
      + pattern.pieces.map { piece in
        switch piece {
        case .text(let text): quoted(text, escaping: "$")
        case .hole(let hole): "$(\(formula(hole)))"
        case .rest: "$(rest)"
        }
      }.joined() + "\""
  }

  func source(_ name: String) -> String { "source[\(name)]" }

  func tied(_ name: String) -> String { "get(() -> result[\(name)], source, \(name))" }

  func moved(_ value: String, _ step: Step, layer: Int?) -> String {
    switch step {
    case .transpose: return "swapped(\(value))"
    case .permute(let axes): return "permutedims(\(value), (\(list(axes.map { $0 &+ 1 })),))"
    case .reshape(let shape):
      return shape.isEmpty ? "reshape(\(value), ())" : "reshaped(\(value), \(list(shape)))"
    case .split(let axis, let index, let of):
      let dim = axis &+ 1
      return "(x -> copy(selectdim(x, \(dim), (\(index) * size(x, \(dim)) ÷ \(of) + 1):"
        + "(\(index &+ 1) * size(x, \(dim)) ÷ \(of)))))(\(value))"
    case .slice(let axis, let start, let stop):
      return "copy(selectdim(\(value), \(axis &+ 1), \(start &+ 1):\(stop)))"
    case .index(let axis, let at):
      let place = layer.map { "\(variable($0)) + 1" } ?? String(at &+ 1)
      return "copy(selectdim(\(value), \(axis &+ 1), \(place)))"
    case .take(let axis, let order):
      return "copy(selectdim(\(value), \(axis &+ 1), [\(list(order.map { $0 &+ 1 }))]))"
    case .flip(let axes): return "reverse(\(value); dims = (\(list(axes.map { $0 &+ 1 })),))"
    case .pad: return value.hasPrefix("padded(") ? value : "padded(\(value), target[name])"
    default: return value
    }
  }

  func joined(_ values: [String], _ step: Step) -> String {
    let inside = values.joined(separator: ", ")
    if case .stack(let axis) = step { return "stack([\(inside)]; dims = \(axis &+ 1))" }
    if case .concat(let axis) = step { return "cat(\(inside); dims = \(axis &+ 1))" }
    return inside
  }

  func computed(_ step: Step, _ names: [String], isLast: Bool) -> String {
    let inside = "[" + names.joined(separator: ", ") + "]"
    switch step {
    case .weightNorm(let dim):
      return "weight_norm(\(names.map(source).joined(separator: ", ")), \(dim &+ 1))"
    case .foldBatchNorm:
      return "fold_bn(source, \(inside), target[name]; eps = \(number(facts.epsilon)))"
    case .loraMerge: return "lora_merge(source, \(inside), target[name]\(adapterFacts))"
    case .dequantise:
      var options = facts.bits.map { ["bits = \($0)"] } ?? []
      if let size = facts.groupSize { options.append("group = \(size)") }
      if !isLast { options.append("whole = false") }
      if facts.hasPlainZeros { options.append("zero = 0") }
      return "dequantise(source, \(inside), target[name]\(keywords(options)))"
    case .resize: return "resize(source, \(names.first ?? "nothing"), target[name])"
    default: return inside
    }
  }

  /// What the metadata says of an adapter, as keywords.
  private var adapterFacts: String {
    var options = facts.alpha.map { ["alpha = \(number($0))"] } ?? []
    if !facts.patterns.isEmpty {
      let pairs = facts.patterns.map { "(\(text($0.pattern)), \(number($0.alpha)))" }
      options.append("patterns = [\(pairs.joined(separator: ", "))]")
    }
    if let scale = facts.mlxScale { options.append("mlx = \(number(scale))") }
    if let alpha = facts.otherAlpha {
      options.append("other_alpha = \(number(alpha))")
      if let rank = facts.saidRank { options.append("said_rank = \(rank)") }
    }
    if facts.isRootScaled { options.append("root = true") }
    if facts.isTurned { options.append("turned = true") }
    return keywords(options)
  }

  private func keywords(_ options: [String]) -> String {
    options.isEmpty ? "" : "; " + options.joined(separator: ", ")
  }

  /// A `Float32` as Julia writes it.
  private func number(_ value: Float) -> String { "Float32(\(value))" }

  func impossible(_ what: String) -> String {
    "error(\(text("\(what): not written as code; apply it with `espalier load --rules` first")))"
  }

  func loop(_ destination: NamePattern, body: String) -> String {
    let own = template(destination, escaping: "$")
    if isLiteral(destination) {
      return "    name = \(own)\n    result[name] = fitted(\(body), target[name], name)\n"
    }
    var unpack = Set(destination.variables).sorted().map {
      "        \(variable($0)) = parse(Int, parts[\"i\($0)\"])\n"
    }.joined()
    if destination.isOpen { unpack += "        rest = parts[\"rest\"]\n" }
    return "    for (name, parts) in matching(keys(target), \(own))\n" + unpack
      + "        result[name] = fitted(\(body), target[name], name)\n    end\n"
  }

  func leaveOut(_ names: NamePattern, _ side: RulePreview.Side) -> String {
    let (set, all) = side == .destination ? ("skipped", "target") : ("dropped", "source")
    let own = template(names, escaping: "$")
    if isLiteral(names) { return "    push!(\(set), \(own))\n" }
    return "    for (name, _) in matching(keys(\(all)), \(own))\n"
      + "        push!(\(set), name)\n    end\n"
  }
}
