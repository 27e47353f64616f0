/// Functions that exported Julia needs for steps that compute. Arrays have the axes that the rules speak
/// of; only ``reshaped`` knows that Julia keeps the first axis together.
enum JuliaHelpers {
  static let all: [(step: String, text: String)] = [
    ("pad", pad), ("weight_norm", weightNorm), ("fold_bn", foldBatchNorm),
    ("lora_merge", JuliaAdapter.text), ("dequantise", JuliaDequantise.text), ("resize", resize),
  ]

  private static let pad = #"""

    "The value at the start of the model's own array."
    function padded(value, target)
        whole = copy(target)
        whole[axes(value)...] .= value
        return whole
    end
    """#

  private static let weightNorm = #"""

    "g * v / norm(v), the norm over every axis but `dim`."
    function weight_norm(g, v, dim)
        length(g) > length(v) && ((g, v) = (v, g))
        length(g) == 1 && return first(g) .* v ./ sqrt(sum(abs2, v))
        others = Tuple(filter(!=(dim), 1:ndims(v)))
        shape = ntuple(d -> d == dim ? length(g) : 1, ndims(v))
        return reshape(g, shape) .* v ./ sqrt.(sum(abs2, v; dims = others))
    end
    """#

  private static let foldBatchNorm = #"""

    "A batch norm folded into the weight or the bias of the layer before it."
    function fold_bn(source, names, target; eps = 1.0f-5)
        parts(name) = String.(split(replace(name, r":0$" => ""), ['.', '/']))
        variances = ("running_var", "moving_variance", "var", "variance", "σ²")
        norm = parts(first(n for n in names if parts(n)[end] in variances))[1:(end - 1)]
        function part(leaves...)
            for name in names
                own = parts(name)
                own[end] in leaves && own[1:(end - 1)] == norm && return Float32.(source[name])
            end
            return nothing
        end
        variance = part(variances...)
        mean = part("running_mean", "moving_mean", "mean", "μ")
        scale = something(part("weight", "gamma", "scale", "γ"), ones(Float32, size(variance)))
        shift = something(part("bias", "beta", "offset", "β"), zeros(Float32, size(variance)))
        factor = scale ./ sqrt.(variance .+ eps)
        own = filter(name -> parts(name)[1:(end - 1)] != norm, names)
        if ndims(target) == 1
            bias = isempty(own) ? zeros(Float32, size(mean)) : Float32.(source[first(own)])
            return shift .+ (bias .- mean) .* factor
        end
        name = first(n for n in own if ndims(source[n]) > 1)
        weight = Float32.(source[name])
        last = startswith(parts(name)[end], "kernel") || size(weight, 1) != length(factor)
        axis = last ? ndims(weight) : 1
        return weight .* reshape(factor, ntuple(d -> d == axis ? length(factor) : 1, ndims(weight)))
    end
    """#

  private static let resize = #"""

    "Places along the second of three axes, each made of `places` with `weights`."
    function resampled(x, count, cubic)
        from = size(x, 2)
        kernel(d) =
            d <= 1 ? (1.25 * d - 2.25) * d^2 + 1 :
            d < 2 ? -0.75 * (((d - 5) * d + 8) * d - 4) : 0.0
        out = zeros(Float32, size(x, 1), count, size(x, 3))
        for index in 1:count
            exact = (index - 0.5) * from / count - 0.5
            at = cubic ? exact : max(0.0, exact)
            whole = floor(Int, at)
            for step in (cubic ? (-1:2) : (0:1))
                weight = cubic ? kernel(abs(at - whole - step)) : 1 - abs(at - whole - step)
                place = clamp(whole + step, 0, from - 1) + 1
                out[:, index, :] .+= Float32(weight) .* x[:, place, :]
            end
        end
        return out
    end

    """
    A position table at another length: cubic on a square grid, otherwise linear. Up to two places
    in front of a grid stay as they are. The weight of an embedding layer that is not about images is
    a grid only with a place in front.
    """
    function resize(source, name, target)
        value = Float32.(source[name])
        is_table = split(name, ['.', '/'])[end] == "weight" &&
            !any(word -> occursin(word, lowercase(name)), ("vis", "image", "patch"))
        changed = findall(collect(size(value) .!= size(target)))
        outer = prod(size(value)[1:(first(changed) - 1)])
        inner = prod(size(value)[(last(changed) + 1):end])
        flat = reshaped(value, outer, -1, inner)
        places = prod(size(target)[changed])
        kept, from, to = nothing, nothing, nothing
        if length(changed) == 2
            kept, from, to = 0, size(value)[changed], size(target)[changed]
        else
            for front in (is_table ? 1 : 0):2
                a, b = size(flat, 2) - front, places - front
                if a > 0 && b > 0 && isqrt(a)^2 == a && isqrt(b)^2 == b
                    kept, from, to = front, (isqrt(a), isqrt(a)), (isqrt(b), isqrt(b))
                    break
                end
            end
        end
        isnothing(kept) && return reshaped(resampled(flat, places, false), size(target)...)
        grid = reshaped(flat[:, (kept + 1):end, :], outer, from[1], from[2] * inner)
        grid = reshaped(resampled(grid, to[1], true), outer * to[1], from[2], inner)
        grid = reshaped(resampled(grid, to[2], true), outer, to[1] * to[2], inner)
        return reshaped(cat(flat[:, 1:kept, :], grid; dims = 2), size(target)...)
    end
    """#
}
