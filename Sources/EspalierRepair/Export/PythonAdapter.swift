/// `lora_merge` in exported Python.
enum PythonAdapter {
  static let text = difference + merge

  private static let difference = #"""

    def difference(find):
        """What an adapter adds to its weight, as a matrix (out, in), and its rank; 0 without one."""
        def flat(value):
            return value.float().reshape(value.shape[0], -1)

        def factor(whole, a, b):
            if whole is not None:
                return flat(whole), 0
            return flat(a) @ flat(b), b.shape[0]

        if find("hada_w1_a") is not None:  # LoHa: elementwise
            first, rank = factor(None, find("hada_w1_a"), find("hada_w1_b"))
            return first * factor(None, find("hada_w2_a"), find("hada_w2_b"))[0], rank
        if find("lokr_w1", "lokr_w1_a") is not None:  # LoKr: a Kronecker product
            one, first = factor(find("lokr_w1"), find("lokr_w1_a"), find("lokr_w1_b"))
            two, second = factor(find("lokr_w2"), find("lokr_w2_a"), find("lokr_w2_b"))
            return torch.kron(one.contiguous(), two.contiguous()), first or second
        if find("lora_a") is not None:  # MLX: both factors turned
            return (flat(find("lora_a")) @ flat(find("lora_b"))).T, find("lora_a").shape[1]
        down = find("lora_A", "lora_down", "lora_embedding_A", "down")
        up = find("lora_B", "lora_up", "lora_embedding_B", "up")
        return up.float().reshape(-1, down.shape[0]) @ flat(down), down.shape[0]


    """#

  private static let merge = #"""

    def lora_merge(source, names, own, alpha=None, patterns=(), root=False, turned=False, mlx=20.0,
                   other_alpha=None, said_rank=1):
        """The base and scale times what an adapter adds; the scale is alpha / rank, 1 without alpha.

        Without a base among the names, the model's own weight is the base. A magnitude vector
        (DoRA) gives the norm of each output. turned: a square base is (in, out). mlx: the scale that
        MLX says. other_alpha, said_rank: of LoHa and LoKr in PEFT's configuration.
        """
        words = re.compile(r"\.(lora_\w+|lora\.(down|up)|hada_\w+|lokr_\w+|dora_scale|m|alpha)(\.|$)")

        def find(*wanted):
            found = (n for n in names if any(word in n.split(".") for word in wanted))
            return source.get(next(found, None))

        kind = next(n for n in names if re.search(r"\.(lora|hada|lokr)[_.]", "." + n))
        owner = words.split("." + kind)[0][1:]
        base = next((n for n in names if not words.search("." + n)), None)
        base = (own if base is None else source[base]).float()
        delta, rank = difference(find)
        is_mlx, is_lora = find("lora_a") is not None, ".lora" in "." + kind
        alpha = alpha if is_lora else other_alpha
        for name, value in patterns:
            if ("." + owner).endswith("." + name):
                alpha = value
                break
        whole = rank == 0 and other_alpha is None  # alpha says nothing of matrices without a rank
        rank = rank or said_rank
        scale = 1.0 if alpha is None else float(alpha) / (rank**0.5 if root else rank)
        if owner + ".alpha" in source:
            scale = float(source[owner + ".alpha"]) / rank
        scale = mlx if is_mlx else 1.0 if whole else scale
        flat = base.reshape(base.shape[0], -1)
        turned = (turned and not is_mlx) or "lora_embedding_A" in kind.split(".") or (
            delta.shape != flat.shape or (is_mlx and "embed" in owner.split(".")[-1]))
        turned = turned and delta.T.shape == flat.shape and base.dim() == 2
        merged = flat + scale * (delta.T if turned else delta)
        magnitude = find("lora_magnitude_vector", "dora_scale", "m")
        if magnitude is not None:
            wanted = magnitude.float().reshape(1, -1) if turned else magnitude.float().reshape(-1, 1)
            merged = merged * wanted / merged.norm(dim=0 if turned else 1, keepdim=True)
        return merged.reshape(base.shape)
    """#
}
