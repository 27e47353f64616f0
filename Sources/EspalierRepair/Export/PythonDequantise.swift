/// `dequantise` in exported Python.
enum PythonDequantise {
  static let text = unpack + fourBits + fourBitFloats + scaled + awqRows + compressed + all

  private static let unpack = #"""

    def unpack(words, bits):
        """Integers packed into 32-bit words, low bits first, along the last axis."""
        words = words.to(torch.int64) & 0xFFFFFFFF
        if 32 % bits:  # whole runs, the last one filled up
            words = torch.nn.functional.pad(words, (0, -words.shape[-1] % bits))
        step = bits if 32 % bits == 0 else 1  # numbers that run on into the next word, bit by bit
        parts = ((words.unsqueeze(-1) >> torch.arange(0, 32, step)) & (2**step - 1)).flatten(-2)
        if step == bits:
            return parts
        return (parts.unflatten(-1, (-1, bits)) << torch.arange(bits)).sum(-1)


    """#

  private static let fourBits = #"""

    def four_bits(parts, target):
        """bitsandbytes: two codes in a byte, a table of 16 values, the maximum of each block."""
        state = {}
        for name, value in parts.items():
            if name.startswith("bitsandbytes__"):
                state = json.loads(bytes(value.tolist()))
        largest = parts["absmax"]
        if "nested_absmax" in parts:
            blocks = torch.arange(len(largest)) // state["nested_blocksize"]
            largest = parts["nested_quant_map"].float()[largest.long()] * parts["nested_absmax"][blocks]
            largest = largest + state["nested_offset"]
        shape = state.get("shape", list(target.shape))
        packed = parts["weight"].flatten().view(torch.uint8)
        codes = torch.stack([packed >> 4, packed & 15], -1).flatten()[: math.prod(shape)]
        size = state.get("blocksize", len(codes) // len(largest))
        values = parts["quant_map"].float()[codes.long()]
        return (values * largest.float()[torch.arange(len(values)) // size]).reshape(shape)


    """#

  private static let fourBitFloats = #"""

    def four_bit_floats(codes, scales, factor=1.0):
        """Two floats of 4 bits in a byte, the first in the lower half, and a scale for each block."""
        half = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
        if scales.dtype == torch.uint8:  # powers of two
            scales = scales.view(torch.float8_e8m0fnu)
        scales = scales.float() * factor
        codes = torch.stack([codes & 15, codes >> 4], -1).flatten(-2)
        values = torch.cat([half, -half])[codes.long()]
        return values * scales.repeat_interleave(values.shape[-1] // scales.shape[-1], -1)


    """#

  private static let scaled = #"""

    def scaled(weight, scales, zeros=None):
        """8-bit values with one scale for the whole, for each row, or for each block."""
        def spread(grid):
            grid = grid.float()
            if grid.numel() == 1:
                return grid.reshape(())
            if grid.dim() == 1:
                grid = grid.unsqueeze(1)
            for axis, size in enumerate(weight.shape):
                side, count = 1, grid.shape[axis]
                while count > 1 and side < size and -(-size // side) > count:
                    side *= 2
                side = side if count > 1 and -(-size // side) == count else -(-size // count)
                grid = grid.repeat_interleave(side, axis).narrow(axis, 0, size)
            return grid

        middle = 0 if zeros is None else spread(zeros.reshape(scales.shape))
        return (weight.float() - middle) * spread(scales)


    """#

  private static let awqRows = #"""

    def awq_rows(packed, scales, zeros, group=None):
        """AWQ's version "gemv": rows of (out, in), scales and zeros filled up to whole words."""
        values = unpack(packed, 4).float()
        for size in [group, 128, 64, 32]:
            step = 8 * (1 if (size or 0) >= 128 else 2 if size == 64 else 4)
            if size and -(-(values.shape[1] // size) // step) * step == scales.shape[1]:
                break
        place = torch.arange(values.shape[1]) // size
        return (values - unpack(zeros, 4).float()[:, place]) * scales.float()[:, place]


    """#

  private static let compressed = #"""

    def compressed(parts, shape, bits=None):
        """compressed-tensors: rows of whole words; zero is the middle, or packed along the output."""
        packed, scales = parts["weight_packed"], parts["weight_scale"].float()
        if "weight_shape" in parts:
            shape = parts["weight_shape"].tolist()
        rows, words = packed.shape
        bits = bits or 4
        if shape is not None:
            fits = (n for n in (bits, 4, 8, 2, 3, 5, 6) if -(-shape[-1] * n // 32) == words)
            bits = next(fits, bits)
        columns = words * 32 // bits if shape is None else shape[-1]
        values = unpack(packed, bits)[:, :columns].float()
        middle = torch.full_like(scales, 2.0 ** (bits - 1))
        if "weight_zero_point" in parts:
            middle = unpack(parts["weight_zero_point"].T, bits).T[:rows].float()
        place = torch.arange(columns) // -(-columns // scales.shape[1])
        place = parts["weight_g_idx"].long() if "weight_g_idx" in parts else place
        return (values - middle[:, place]) * scales[:, place]


    """#

  private static let all = #"""

    def dequantise(source, names, target, bits=None, last=True, zero=1, group=None):
        """A packed weight as (out, in).

        bits: what the checkpoint says, where shapes do not. last: the result is the model's tensor.
        zero: what GPTQ's stored zeros lack (1, in its second version 0). group: as the file says.
        """
        parts = {name.rsplit(".", 1)[-1]: source[name] for name in names}

        def ending(leaf):
            return next((v for name, v in parts.items() if ("_" + name).endswith("_" + leaf)), None)

        def width(words):
            exact = words.numel() * 32 // target.numel() if last else 0
            return exact if exact in (2, 3, 4, 5, 6, 8) else bits or 4

        if "qweight" in parts:
            packed, scales = parts["qweight"], parts["scales"].float()
            zeros = parts.get("qzeros")
            is_gptq = packed.shape[1] == scales.shape[1]
            if zeros is not None and not is_gptq and packed.shape[0] == zeros.shape[0] == scales.shape[0]:
                return awq_rows(packed, scales, zeros, group)
            if is_gptq:  # packed along the input
                bits = zeros.shape[1] * 32 // scales.shape[1] if zeros is not None else bits or 4
                values = unpack(packed.T, bits).T.float()
                middle = unpack(zeros, bits).float() + zero if zeros is not None else 2 ** (bits - 1)
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
        if "quant_map" in parts:
            return four_bits(parts, target)
        if "SCB" in parts:  # bitsandbytes, 8 bits
            return parts["weight"].float() * parts["SCB"].float().reshape(-1, 1) / 127
        if "scales" in parts and "biases" in parts:  # MLX
            values = unpack(parts["weight"], width(parts["weight"])).float()
            size = values.shape[-1] // parts["scales"].shape[-1]
            scales = parts["scales"].float().repeat_interleave(size, -1)
            return values * scales + parts["biases"].float().repeat_interleave(size, -1)
        if ending("blocks") is not None and ending("scales") is not None:  # MXFP4
            return four_bit_floats(ending("blocks").flatten(-2), ending("scales"))
        codes = parts.get("weight_packed", parts.get("weight"))
        if "weight_packed" in parts and codes.dtype != torch.uint8:
            return compressed(parts, list(target.shape) if last else None, bits)
        for key in ("weight_scale", "weight_scale_inv", "scale_weight"):
            if key in parts and codes.dtype == torch.uint8:
                factor = parts["weight_scale_2"].float() if "weight_scale_2" in parts else 1.0
                if "weight_global_scale" in parts:
                    factor = 1 / parts["weight_global_scale"].float()
                return four_bit_floats(codes, parts[key], factor)
            if key in parts:
                return scaled(codes, parts[key], parts.get("weight_zero_point"))
        if len(parts) == 1 and next(iter(parts.values())).is_floating_point():
            return next(iter(parts.values())).float()  # GGUF, unpacked when it was read
        raise ValueError(f"{names[0]}: packed in a way that this script does not know")
    """#
}
