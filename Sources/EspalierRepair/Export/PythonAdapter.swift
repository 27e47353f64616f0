/// `lora_merge` in exported Python.
enum PythonAdapter {
  static let text = #"""

    def lora_merge(source, names, own, alpha=None, patterns=(), root=False, turned=False):
        """base + scale * B A; the scale is alpha / rank, 1 where nothing says alpha.

        Without a base among the names, the model's own weight is the base. A magnitude vector
        (DoRA) gives the norm of each output. turned: a square base is (in, out).
        """
        def find(*words):
            found = (n for n in names if any(word in n.split(".") for word in words))
            return next(found, None)

        down = find("lora_A", "lora_down", "lora_embedding_A", "down")
        up = find("lora_B", "lora_up", "lora_embedding_B", "up")
        magnitude = find("lora_magnitude_vector", "dora_scale")
        base = next((n for n in names if n not in (down, up, magnitude)), None)
        base = (own if base is None else source[base]).float()
        rank = source[down].shape[0]
        owner = re.split(r"lora_A|lora_down|lora\.down|lora_embedding_A", down)[0]
        for name, value in patterns:
            if ("." + owner[:-1]).endswith("." + name):
                alpha = value
                break
        scale = 1.0 if alpha is None else float(alpha) / (rank**0.5 if root else rank)
        if owner + "alpha" in source:
            scale = float(source[owner + "alpha"]) / rank
        delta = source[up].float().reshape(-1, rank) @ source[down].float().reshape(rank, -1)
        flat = base.reshape(base.shape[0], -1)
        turned = turned or "lora_embedding_A" in down.split(".") or delta.shape != flat.shape
        turned = turned and delta.T.shape == flat.shape and base.dim() == 2
        merged = flat + scale * (delta.T if turned else delta)
        if magnitude is not None:
            wanted = source[magnitude].float().reshape(1, -1) if turned else (
                source[magnitude].float().reshape(-1, 1))
            merged = merged * wanted / merged.norm(dim=0 if turned else 1, keepdim=True)
        return merged.reshape(base.shape)
    """#
}
