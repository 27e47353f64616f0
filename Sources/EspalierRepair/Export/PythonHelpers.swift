/// Functions that exported Python needs for steps that compute.
enum PythonHelpers {
  static let all: [(step: String, text: String)] = [
    ("pad", pad), ("weight_norm", weightNorm), ("fold_bn", foldBatchNorm),
    ("lora_merge", PythonAdapter.text), ("dequantise", PythonDequantise.text),
    ("resize", resize), ("impossible", impossible),
  ]

  private static let impossible = #"""

    def impossible(what):
        raise ValueError(f"{what}: not written as code; apply it with `espalier load --rules` first")
    """#

  private static let resize = #"""

    def resize(source, name, target):
        """A position table at another length: cubic on a square grid, otherwise linear.

        Up to two places in front of a grid stay as they are. The weight of an embedding layer that
        is not about images is a grid only with a place in front.
        """
        value = source[name]
        is_table = re.split(r"[./]", name)[-1] == "weight" and not any(
            word in name.lower() for word in ("vis", "image", "patch"))
        axes = [axis for axis, size in enumerate(value.shape) if size != target.shape[axis]]
        inner = math.prod(value.shape[axes[-1] + 1:])
        flat = value.float().flatten(axes[0], axes[-1])
        flat = flat.reshape(math.prod(value.shape[:axes[0]]), -1, inner)  # outer, places, inner
        places = math.prod(target.shape[axis] for axis in axes)
        kept, old, new = None, None, None
        if len(axes) == 2:
            kept, old, new = 0, [value.shape[a] for a in axes], [target.shape[a] for a in axes]
        else:
            for front in range(1 if is_table else 0, 3):
                a, b = flat.shape[1] - front, places - front
                if a > 0 and b > 0 and math.isqrt(a) ** 2 == a and math.isqrt(b) ** 2 == b:
                    kept, old, new = front, [math.isqrt(a)] * 2, [math.isqrt(b)] * 2
                    break
        moved = flat.transpose(1, 2)
        interpolate = torch.nn.functional.interpolate
        if kept is None:
            moved = interpolate(moved, size=places, mode="linear", align_corners=False)
        else:
            grid = moved[..., kept:].unflatten(-1, old)
            grid = interpolate(grid, size=new, mode="bicubic", align_corners=False)
            moved = torch.cat([moved[..., :kept], grid.flatten(-2)], -1)
        return moved.transpose(1, 2).reshape(target.shape)
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
        def split(name):
            return re.split(r"[./]", name.removesuffix(":0"))

        def find(*leaves):
            for name in names:
                if split(name)[-1] in leaves and split(name)[:-1] == norm:
                    return source[name].float()
            return None

        variances = ("running_var", "moving_variance", "var", "variance")
        norm = next(split(name)[:-1] for name in names if split(name)[-1] in variances)
        scale = find("weight", "gamma", "scale")
        shift = find("bias", "beta", "offset")
        mean = find("running_mean", "mean", "moving_mean")
        variance = find(*variances)
        scale = torch.ones_like(variance) if scale is None else scale
        shift = torch.zeros_like(variance) if shift is None else shift
        factor = scale / torch.sqrt(variance + eps)
        own = {name: source[name].float() for name in names if split(name)[:-1] != norm}
        if target.dim() == 1:
            bias = next(iter(own.values()), torch.zeros_like(mean))
            return shift + (bias - mean) * factor
        name, weight = next((n, value) for n, value in own.items() if value.dim() > 1)
        if split(name)[-1].startswith("kernel") or weight.shape[0] != len(factor):
            return weight * factor  # outputs stand last
        return weight * factor.reshape([-1] + [1] * (weight.dim() - 1))
    """#
}
