/// `dequantise` in exported Python.
enum PythonDequantise {
  static let text = unpack + fourBits + scaled + all

  private static let unpack = #"""

    def unpack(words, bits):
        """Integers packed into 32-bit words, low bits first, along the last axis."""
        words = words.to(torch.int64) & 0xFFFFFFFF
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

  private static let scaled = #"""

    def scaled(weight, scales):
        """8-bit values with one scale for the whole, for each row, or for each block."""
        scales = scales.float()
        if scales.numel() == 1:
            return weight.float() * scales.reshape(())
        if scales.dim() == 1:
            scales = scales.unsqueeze(1)
        for axis, size in enumerate(weight.shape):
            side, count = 1, scales.shape[axis]
            while count > 1 and side < size and -(-size // side) > count:
                side *= 2
            side = side if count > 1 and -(-size // side) == count else -(-size // count)
            scales = scales.repeat_interleave(side, axis).narrow(axis, 0, size)
        return weight.float() * scales


    """#

  private static let all = #"""

    def dequantise(source, names, target, bits=None, last=True, zero=1):
        """A packed weight as (out, in).

        bits: what the checkpoint says, where shapes do not. last: the result is the model's tensor.
        zero: what GPTQ's stored zeros lack (1, in its second version 0).
        """
        parts = {name.rsplit(".", 1)[-1]: source[name] for name in names}

        def width(words):
            exact = words.numel() * 32 // target.numel() if last else 0
            return exact if exact in (2, 3, 4, 5, 6, 8) else bits or 4

        if "qweight" in parts:
            packed, scales = parts["qweight"], parts["scales"].float()
            zeros = parts.get("qzeros")
            if packed.shape[1] == scales.shape[1]:  # GPTQ packs along the input
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
        if "weight_packed" in parts:  # compressed-tensors, the middle of the range is zero
            wide = width(parts["weight_packed"])
            values = unpack(parts["weight_packed"], wide).float() - 2 ** (wide - 1)
            size = values.shape[-1] // parts["weight_scale"].shape[-1]
            return values * parts["weight_scale"].float().repeat_interleave(size, -1)
        if "weight_scale" in parts or "weight_scale_inv" in parts:
            scales = parts.get("weight_scale", parts.get("weight_scale_inv"))
            return scaled(parts["weight"], scales)
        if len(parts) == 1 and next(iter(parts.values())).is_floating_point():
            return next(iter(parts.values())).float()  # GGUF, unpacked when it was read
        raise ValueError(f"{names[0]}: packed in a way that this script does not know")
    """#
}
