/// `lora_merge` in exported Julia.
enum JuliaAdapter {
  static let text = difference + merge

  private static let difference = #"""

    "What an adapter adds to its weight, as a matrix (out, in), and its rank; 0 without one."
    function difference(part)
        flat(x) = reshaped(Float32.(x), size(x, 1), -1)
        factor(whole, a, b) =
            isnothing(whole) ? (flat(a) * flat(b), size(b, 1)) : (flat(whole), 0)
        if !isnothing(part("hada_w1_a"))  # LoHa: elementwise
            first_product, rank = factor(nothing, part("hada_w1_a"), part("hada_w1_b"))
            second_product, _ = factor(nothing, part("hada_w2_a"), part("hada_w2_b"))
            return first_product .* second_product, rank
        end
        if !isnothing(part("lokr_w1", "lokr_w1_a"))  # LoKr: a Kronecker product
            one, rank = factor(part("lokr_w1"), part("lokr_w1_a"), part("lokr_w1_b"))
            two, other = factor(part("lokr_w2"), part("lokr_w2_a"), part("lokr_w2_b"))
            rows, columns = size(one, 1) * size(two, 1), size(one, 2) * size(two, 2)
            row(i) = fldmod1(i, size(two, 1))
            column(j) = fldmod1(j, size(two, 2))
            entry(i, j) = one[row(i)[1], column(j)[1]] * two[row(i)[2], column(j)[2]]
            return [entry(i, j) for i in 1:rows, j in 1:columns], rank == 0 ? other : rank
        end
        if !isnothing(part("lora_a"))  # MLX: both factors turned
            return permutedims(flat(part("lora_a")) * flat(part("lora_b"))), size(part("lora_a"), 2)
        end
        down = part("lora_A", "lora_down", "lora_embedding_A", "down")
        up = part("lora_B", "lora_up", "lora_embedding_B", "up")
        return flat(up) * flat(down), size(down, 1)
    end

    """#

  private static let merge = #"""

    """
    The base and scale times what an adapter adds; the scale is alpha / rank, 1 without alpha. Without
    a base among the names, the model's own weight is the base. A magnitude vector (DoRA) gives the
    norm of each output. turned: a square base is (in, out). mlx: the scale that MLX says.
    other_alpha, said_rank: of LoHa and LoKr in PEFT's configuration.
    """
    function lora_merge(
        source, names, own; alpha = nothing, patterns = (), root = false, turned = false,
        mlx = 20.0f0, other_alpha = nothing, said_rank = 1
    )
        has(name, words...) = any(word -> word in split(name, '.'), words)
        function part(words...)
            place = findfirst(name -> has(name, words...), names)
            return isnothing(place) ? nothing : source[names[place]]
        end
        words = r"\.(lora_\w+|lora\.(down|up)|hada_\w+|lokr_\w+|dora_scale|m|alpha)(\.|$)"
        kind = first(name for name in names if occursin(r"\.(lora|hada|lokr)[_.]", "." * name))
        owner = chop(first(split("." * kind, words)); head = 1, tail = 0)
        place = findfirst(name -> !occursin(words, "." * name), names)
        base = Float32.(isnothing(place) ? own : source[names[place]])
        delta, rank = difference(part)
        is_mlx = !isnothing(part("lora_a"))
        occursin(".lora", "." * kind) || (alpha = other_alpha)
        for (name, value) in patterns
            if endswith("." * owner, "." * name)
                alpha = value
                break
            end
        end
        whole = rank == 0 && isnothing(other_alpha)  # alpha says nothing of matrices without a rank
        rank == 0 && (rank = said_rank)
        scale = isnothing(alpha) ? 1.0f0 : Float32(alpha / (root ? sqrt(rank) : rank))
        haskey(source, owner * ".alpha") && (scale = Float32(only(source[owner * ".alpha"]) / rank))
        scale = is_mlx ? mlx : whole ? 1.0f0 : scale
        flat = reshaped(base, size(base, 1), -1)
        turned = (turned && !is_mlx) || has(kind, "lora_embedding_A") || size(delta) != size(flat) ||
            (is_mlx && occursin("embed", last(split(owner, '.'))))
        turned = turned && ndims(base) == 2 && reverse(size(delta)) == size(flat)
        merged = flat .+ scale .* (turned ? permutedims(delta) : delta)
        magnitude = part("lora_magnitude_vector", "dora_scale", "m")
        if !isnothing(magnitude)
            wanted = vec(Float32.(magnitude))
            axis = turned ? 1 : 2
            norms = sqrt.(sum(abs2, merged; dims = axis))
            merged = merged .* (turned ? permutedims(wanted) : wanted) ./ norms
        end
        return reshaped(merged, size(base)...)
    end
    """#
}
