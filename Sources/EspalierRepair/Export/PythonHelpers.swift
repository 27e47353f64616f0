/// Functions that exported Python needs for steps that compute.
enum PythonHelpers {
  static let all: [(step: String, text: String)] = [
    ("pad", pad), ("weight_norm", weightNorm), ("fold_bn", foldBatchNorm),
    ("lora_merge", adapter), ("dequantise", dequantise),
    ("resize", unsupported),
  ]

  private static let unsupported = #"""

    def unsupported(step):
        raise ValueError(f"{step} computes values by interpolation: write here what the model means")
    """#

  private static let pad = #"""

    def padded(value, target):
        """The value at the start of the model's own array."""
        whole = target.clone()
        whole[tuple(slice(0, size) for size in value.shape)] = value.to(target.dtype)
        return whole
    """#

  private static let weightNorm = #"""

    def weight_norm(magnitude, direction, dim):
        """g * v / norm(v), the norm over every axis but dim."""
        if magnitude.numel() > direction.numel():
            magnitude, direction = direction, magnitude
        magnitude, direction = magnitude.float(), direction.float()
        if magnitude.numel() == 1:
            return magnitude.reshape(()) * direction / direction.norm()
        axes = [axis for axis in range(direction.dim()) if axis != dim % direction.dim()]
        shape = [1] * direction.dim()
        shape[dim] = -1
        return magnitude.reshape(shape) * direction / direction.norm(dim=axes, keepdim=True)
    """#

  private static let foldBatchNorm = #"""

    def fold_bn(source, names, target, eps=1e-5):
        """A batch norm folded into the weight or the bias of the layer before it."""
        def find(*leaves):
            for name in names:
                if name.rsplit(".", 1)[-1] in leaves and name.rsplit(".", 1)[0] == norm:
                    return source[name].float()
            return None

        norm = next(name.rsplit(".", 1)[0] for name in names if name.endswith("var"))
        scale = find("weight", "gamma", "scale")
        shift = find("bias", "beta")
        mean = find("running_mean", "mean", "moving_mean")
        variance = find("running_var", "var", "moving_variance")
        scale = torch.ones_like(variance) if scale is None else scale
        shift = torch.zeros_like(variance) if shift is None else shift
        factor = scale / torch.sqrt(variance + eps)
        own = [source[name].float() for name in names if name.rsplit(".", 1)[0] != norm]
        if target.dim() == 1:
            bias = own[0] if own else torch.zeros_like(mean)
            return shift + (bias - mean) * factor
        weight = next(value for value in own if value.dim() > 1)
        return weight * factor.reshape([-1] + [1] * (weight.dim() - 1))
    """#

  private static let adapter = #"""

    def lora_merge(source, names, alpha=None, root=False):
        """base + scale * B A; the scale is alpha / rank, 1 where nothing says alpha."""
        def has(name, *words):
            return any(word in name.split(".") for word in words)

        down = next(n for n in names if has(n, "lora_A", "lora_down", "lora_embedding_A", "down"))
        up = next(n for n in names if has(n, "lora_B", "lora_up", "lora_embedding_B", "up"))
        base = source[next(n for n in names if n not in (down, up))].float()
        rank = source[down].shape[0]
        alpha = source.get(re.split(r"lora_A|lora_down|lora\.down", down)[0] + "alpha", alpha)
        scale = 1.0 if alpha is None else float(alpha) / (rank**0.5 if root else rank)
        delta = source[up].float().reshape(-1, rank) @ source[down].float().reshape(rank, -1)
        flat = base.reshape(base.shape[0], -1)
        if delta.shape != flat.shape or has(down, "lora_embedding_A"):
            delta = delta.T
        return (flat + scale * delta).reshape(base.shape)
    """#

  private static let dequantise = #"""

    def unpack(words, bits):
        """Integers packed into 32-bit words, low bits first, along the last axis."""
        words = words.to(torch.int64) & 0xFFFFFFFF
        shifts = torch.arange(0, 32, bits)
        return ((words.unsqueeze(-1) >> shifts) & (2**bits - 1)).flatten(-2)


    def dequantise(source, names, bits=None):
        """A packed weight as (out, in)."""
        parts = {name.rsplit(".", 1)[-1]: source[name] for name in names}
        if "qweight" in parts:
            packed, scales = parts["qweight"], parts["scales"].float()
            zeros = parts.get("qzeros")
            if packed.shape[1] == scales.shape[1]:  # GPTQ packs along the input
                bits = zeros.shape[1] * 32 // scales.shape[1] if zeros is not None else bits or 4
                values = unpack(packed.T, bits).T.float()
                middle = unpack(zeros, bits).float() + 1 if zeros is not None else 2 ** (bits - 1)
            else:  # AWQ packs along the output, in an order of its own
                order = torch.tensor([0, 4, 1, 5, 2, 6, 3, 7])
                def ordered(words):
                    return unpack(words, 4).unflatten(-1, (-1, 8))[..., order].flatten(-2).float()
                values = ordered(packed)
                middle = ordered(zeros) if zeros is not None else 8
            group = parts.get("g_idx")
            if group is None:
                group = torch.arange(values.shape[0]) // (values.shape[0] // scales.shape[0])
            group = group.long()
            if isinstance(middle, torch.Tensor):
                middle = middle[group]
            return ((values - middle) * scales[group]).T
        if "SCB" in parts:  # bitsandbytes, 8 bits
            return parts["weight"].float() * parts["SCB"].float().reshape(-1, 1) / 127
        if "scales" in parts and "biases" in parts:  # MLX
            values = unpack(parts["weight"], bits or 4).float()
            size = values.shape[-1] // parts["scales"].shape[-1]
            scales = parts["scales"].float().repeat_interleave(size, -1)
            return values * scales + parts["biases"].float().repeat_interleave(size, -1)
        if len(parts) == 1 and next(iter(parts.values())).is_floating_point():
            return next(iter(parts.values())).float()
        raise ValueError(f"{names[0]}: packed in a way that this script does not know; for GGUF, "
                         "read the checkpoint with gguf.dequantize first")
    """#
}
