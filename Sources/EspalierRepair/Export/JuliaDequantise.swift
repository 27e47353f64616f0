/// `dequantise` in exported Julia.
enum JuliaDequantise {
  static let text = unpack + fourBits + fourBitFloats + scaled + awqRows + compressed + all

  private static let unpack = #"""

    "Integers packed into 32-bit words, low bits first, along the last axis."
    function unpack(words, bits)
        words = words .% UInt32
        axis = ndims(words)
        count = size(words, axis) * 32 ÷ bits
        out = zeros(Float32, size(words)[1:(end - 1)]..., count)
        for place in 0:(count - 1)
            word, shift = divrem(place * bits, 32)
            value = selectdim(words, axis, word + 1) .>> shift
            if shift + bits > 32 && word + 2 <= size(words, axis)  # it runs on into the next word
                value = value .| (selectdim(words, axis, word + 2) .<< (32 - shift))
            end
            selectdim(out, axis, place + 1) .= value .& (UInt32(2)^bits - UInt32(1))
        end
        return out
    end

    "One entry of the last axis for each of `count` places, in runs of one length."
    function spread(x, count)
        run = count ÷ size(x, ndims(x))
        return Float32.(selectdim(x, ndims(x), [place ÷ run + 1 for place in 0:(count - 1)]))
    end

    """#

  private static let fourBits = #"""

    "bitsandbytes: two codes in a byte, a table of 16 values, the maximum of each block."
    function four_bits(parts, target)
        state = findfirst(startswith("bitsandbytes__"), collect(keys(parts)))
        text = isnothing(state) ? "" : String(UInt8.(vec(parts[collect(keys(parts))[state]])))
        function number(key, otherwise)
            found = match(Regex("\"$key\"\\s*:\\s*(-?[0-9.eE+-]+)"), text)
            return isnothing(found) ? otherwise : parse(Float64, found[1])
        end
        found = match(r"\"shape\"\s*:\s*\[([0-9, ]*)\]", text)
        shape = isnothing(found) ? size(target) : Tuple(parse.(Int, split(found[1], ',')))
        largest = vec(parts["absmax"])
        if haskey(parts, "nested_absmax")
            run = Int(number("nested_blocksize", 256))
            table, nested = vec(parts["nested_quant_map"]), vec(parts["nested_absmax"])
            offset = number("nested_offset", 0.0)
            largest = [
                table[Int(code) + 1] * nested[(index - 1) ÷ run + 1] + offset
                for (index, code) in enumerate(largest)
            ]
        end
        packed = reinterpret(UInt8, vec(parts["weight"]))
        count = prod(shape)
        run = Int(number("blocksize", count ÷ length(largest)))
        table = vec(parts["quant_map"])
        values = zeros(Float32, count)
        for index in 0:(count - 1)
            byte = packed[index ÷ 2 + 1]
            code = iseven(index) ? byte >> 4 : byte & 0x0f
            values[index + 1] = table[code + 1] * largest[index ÷ run + 1]
        end
        return reshaped(values, shape...)
    end

    """#

  private static let fourBitFloats = #"""

    "Two floats of 4 bits in a byte, the first in the lower half, and a scale for each block."
    function four_bit_floats(codes, scales, factor = 1.0f0)
        half = Float32[0, 0.5, 1, 1.5, 2, 3, 4, 6]
        table = [half; -half]
        eltype(scales) == UInt8 && (scales = exp2.(Float32.(scales) .- 127.0f0))
        lines = size(codes)[1:(end - 1)]
        values = zeros(Float32, lines..., 2 * size(codes, ndims(codes)))
        for place in axes(codes, ndims(codes))
            bytes = selectdim(codes, ndims(codes), place)
            selectdim(values, ndims(values), 2 * place - 1) .= getindex.(Ref(table), Int.(bytes .& 0x0f) .+ 1)
            selectdim(values, ndims(values), 2 * place) .= getindex.(Ref(table), Int.(bytes .>> 4) .+ 1)
        end
        return values .* spread(scales .* factor, size(values, ndims(values)))
    end

    """#

  private static let awqRows = #"""

    "AWQ's version `gemv`: rows of (out, in), scales and zeros filled up to whole words."
    function awq_rows(packed, scales, lows; group = nothing)
        codes = unpack(packed, 4)
        width = size(codes, 2)
        filled(run) = (step = 8 * (run >= 128 ? 1 : run == 64 ? 2 : 4); cld(width ÷ run, step) * step)
        runs = filter(!isnothing, [group, 128, 64, 32])
        run = first(run for run in runs if filled(run) == size(scales, 2))
        place = [column ÷ run + 1 for column in 0:(width - 1)]
        return (codes .- unpack(lows, 4)[:, place]) .* Float32.(scales)[:, place]
    end

    """#

  private static let compressed = #"""

    "compressed-tensors: rows of whole words; zero is the middle, or packed along the output."
    function compressed(parts, shape, bits)
        packed, scales = parts["weight_packed"], Float32.(parts["weight_scale"])
        haskey(parts, "weight_shape") && (shape = Int.(vec(parts["weight_shape"])))
        rows, words = size(packed)
        wide = something(bits, 4)
        if !isnothing(shape)
            fits = filter(n -> cld(last(shape) * n, 32) == words, [wide, 4, 8, 2, 3, 5, 6])
            isempty(fits) || (wide = first(fits))
        end
        columns = isnothing(shape) ? words * 32 ÷ wide : last(shape)
        codes = unpack(packed, wide)[:, 1:columns]
        middle = fill(2.0f0^(wide - 1), size(scales))
        if haskey(parts, "weight_zero_point")
            middle = permutedims(unpack(permutedims(parts["weight_zero_point"]), wide))[1:rows, :]
        end
        run = cld(columns, size(scales, 2))
        place = haskey(parts, "weight_g_idx") ? Int.(vec(parts["weight_g_idx"])) .+ 1 :
            [column ÷ run + 1 for column in 0:(columns - 1)]
        return (codes .- middle[:, place]) .* scales[:, place]
    end

    """#

  private static let scaled = #"""

    "8-bit values with one scale for the whole, for each row, or for each block."
    function scaled(weight, scales, zero_points = nothing)
        middle = isnothing(zero_points) ? zero.(scales) : reshape(zero_points, size(scales))
        if length(scales) == 1
            return (Float32.(weight) .- Float32(only(middle))) .* Float32(only(scales))
        end
        if ndims(scales) == 1
            scales, middle = reshape(scales, :, 1), reshape(middle, :, 1)
        end
        function places(size, count)
            side = 1
            while count > 1 && side < size && cld(size, side) > count
                side *= 2
            end
            count > 1 && cld(size, side) == count || (side = cld(size, count))
            return [place ÷ side + 1 for place in 0:(size - 1)]
        end
        rows, columns = places(size(weight, 1), size(scales, 1)), places(size(weight, 2), size(scales, 2))
        return (Float32.(weight) .- Float32.(middle[rows, columns])) .* Float32.(scales[rows, columns])
    end

    """#

  private static let all = #"""

    """
    A packed weight as (out, in). bits: what the checkpoint says, where shapes do not. whole: the result
    is the model's array. zero: what GPTQ's stored zeros lack (1, in its second version 0). group: as
    the file says.
    """
    function dequantise(
        source, names, target; bits = nothing, whole = true, zero = 1, group = nothing
    )
        parts = Dict(String(split(name, '.')[end]) => source[name] for name in names)
        function width(words)
            exact = whole ? length(words) * 32 ÷ length(target) : 0
            return exact in (2, 3, 4, 5, 6, 8) ? exact : something(bits, 4)
        end
        if haskey(parts, "qweight")
            packed, scales = parts["qweight"], Float32.(parts["scales"])
            lows = get(parts, "qzeros", nothing)
            is_gptq = size(packed, 2) == size(scales, 2)
            if !isnothing(lows) && !is_gptq && size(packed, 1) == size(scales, 1) == size(lows, 1)
                return awq_rows(packed, scales, lows; group)
            end
            if is_gptq  # packed along the input
                wide = isnothing(lows) ? something(bits, 4) : size(lows, 2) * 32 ÷ size(scales, 2)
                codes = permutedims(unpack(permutedims(packed), wide))
                middle = isnothing(lows) ? 2.0f0^(wide - 1) : unpack(lows, wide) .+ zero
            else  # AWQ packs along the output, in an order of its own
                places = (1, 5, 2, 6, 3, 7, 4, 8)
                order(words) = [8 * word + place for word in 0:(size(words, 2) - 1) for place in places]
                ordered(words) = unpack(words, 4)[:, order(words)]
                codes = ordered(packed)
                middle = isnothing(lows) ? 8.0f0 : ordered(lows)
            end
            run = size(codes, 1) ÷ size(scales, 1)
            place = haskey(parts, "g_idx") ? Int.(vec(parts["g_idx"])) .+ 1 :
                [row ÷ run + 1 for row in 0:(size(codes, 1) - 1)]
            middle isa AbstractArray && (middle = middle[place, :])
            return permutedims((codes .- middle) .* scales[place, :])
        end
        haskey(parts, "quant_map") && return four_bits(parts, target)
        if haskey(parts, "SCB")  # bitsandbytes, 8 bits
            return Float32.(parts["weight"]) .* Float32.(vec(parts["SCB"])) ./ 127
        end
        if haskey(parts, "scales") && haskey(parts, "biases")  # MLX
            codes = unpack(parts["weight"], width(parts["weight"]))
            count = size(codes, ndims(codes))
            return codes .* spread(parts["scales"], count) .+ spread(parts["biases"], count)
        end
        ending(leaf) = findfirst(name -> endswith("_" * name, "_" * leaf), collect(keys(parts)))
        if !isnothing(ending("blocks")) && !isnothing(ending("scales"))  # MXFP4
            arrays = collect(values(parts))
            codes, scales = arrays[ending("blocks")], arrays[ending("scales")]
            return four_bit_floats(reshaped(codes, size(codes)[1:(end - 2)]..., -1), scales)
        end
        codes = get(parts, "weight_packed", get(parts, "weight", nothing))
        if haskey(parts, "weight_packed") && eltype(codes) != UInt8
            return compressed(parts, whole ? size(target) : nothing, bits)
        end
        for key in ("weight_scale", "weight_scale_inv", "scale_weight")
            haskey(parts, key) || continue
            eltype(codes) == UInt8 || return scaled(codes, parts[key], get(parts, "weight_zero_point", nothing))
            factor = haskey(parts, "weight_scale_2") ? Float32(only(parts["weight_scale_2"])) : 1.0f0
            if haskey(parts, "weight_global_scale")
                factor = 1 / Float32(only(parts["weight_global_scale"]))
            end
            return four_bit_floats(codes, parts[key], factor)
        end
        only_part = first(values(parts))
        length(parts) == 1 && eltype(only_part) <: AbstractFloat && return Float32.(only_part)
        error("$(first(names)): packed in a way that this script does not know")
    end
    """#
}
