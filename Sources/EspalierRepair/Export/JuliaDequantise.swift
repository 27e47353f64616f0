/// `dequantise` in exported Julia.
enum JuliaDequantise {
  static let text = unpack + fourBits + scaled + all

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
            if shift + bits > 32  # the number runs on into the next word
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

  private static let scaled = #"""

    "8-bit values with one scale for the whole, for each row, or for each block."
    function scaled(weight, scales)
        length(scales) == 1 && return Float32.(weight) .* Float32(only(scales))
        ndims(scales) == 1 && (scales = reshape(scales, :, 1))
        function places(size, count)
            side = 1
            while count > 1 && side < size && cld(size, side) > count
                side *= 2
            end
            count > 1 && cld(size, side) == count || (side = cld(size, count))
            return [place ÷ side + 1 for place in 0:(size - 1)]
        end
        rows, columns = places(size(weight, 1), size(scales, 1)), places(size(weight, 2), size(scales, 2))
        return Float32.(weight) .* Float32.(scales[rows, columns])
    end

    """#

  private static let all = #"""

    """
    A packed weight as (out, in). bits: what the checkpoint says, where shapes do not. whole: the result
    is the model's array. zero: what GPTQ's stored zeros lack (1, in its second version 0).
    """
    function dequantise(source, names, target; bits = nothing, whole = true, zero = 1)
        parts = Dict(String(split(name, '.')[end]) => source[name] for name in names)
        function width(words)
            exact = whole ? length(words) * 32 ÷ length(target) : 0
            return exact in (2, 3, 4, 5, 6, 8) ? exact : something(bits, 4)
        end
        if haskey(parts, "qweight")
            packed, scales = parts["qweight"], Float32.(parts["scales"])
            lows = get(parts, "qzeros", nothing)
            if size(packed, 2) == size(scales, 2)  # GPTQ packs along the input
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
            group = haskey(parts, "g_idx") ? Int.(vec(parts["g_idx"])) .+ 1 :
                [place ÷ run + 1 for place in 0:(size(codes, 1) - 1)]
            middle isa AbstractArray && (middle = middle[group, :])
            return permutedims((codes .- middle) .* scales[group, :])
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
        if haskey(parts, "weight_packed")  # compressed-tensors, the middle of the range is zero
            wide = width(parts["weight_packed"])
            codes = unpack(parts["weight_packed"], wide) .- 2.0f0^(wide - 1)
            return codes .* spread(parts["weight_scale"], size(codes, ndims(codes)))
        end
        for key in ("weight_scale", "weight_scale_inv")
            haskey(parts, key) && return scaled(parts["weight"], parts[key])
        end
        only_part = first(values(parts))
        length(parts) == 1 && eltype(only_part) <: AbstractFloat && return Float32.(only_part)
        error("$(first(names)): packed in a way that this script does not know")
    end
    """#
}
