"""Cases for repairs, made and judged by torch.

    repair_cases.py make FOLDER    writes destination, source, rules and expected values
    repair_cases.py check FOLDER   compares what was saved, and what the exported code gives
"""
import importlib.util
import json
import os
import sys

import numpy
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

torch.manual_seed(0)
CASES = {}


def case(name, source, target, rules, expected, metadata=None, exact=True):
    CASES[name] = (source, target, rules, expected, metadata, exact)


def not_made(*names):
    """Says which cases a missing package keeps away."""
    for name in names:
        print(f"not made: {name}")


def rule(**keys):
    lines = ["[[rule]]"]
    for key, value in keys.items():
        lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def to(target, source, do=None):
    keys = {"to": target, "from": source}
    if do:
        keys["do"] = do
    return rule(**keys)


def moves():
    x = torch.randn(6, 4)
    y = torch.randn(6, 4)
    z = torch.randn(2, 3, 4, 5)
    one = {
        "transpose": ([x], "transpose", x.T),
        "permute": ([z], "permute[3,2,0,1]", z.permute(3, 2, 0, 1)),
        "reshape": ([z], "reshape[6,-1]", z.reshape(6, -1)),
        "split": ([x], "split(0,1,3)", x.chunk(3, 0)[1]),
        "slice": ([x], "slice(1,1,3)", x[:, 1:3]),
        "index": ([z], "index(1,2)", z[:, 2]),
        "take": ([x], "reshape[3,2,4]|take(0,[1,0,2])|reshape[6,4]",
                 x.reshape(3, 2, 4)[[1, 0, 2]].reshape(6, 4)),
        "flip": ([z], "flip[2,3]", z.flip(2, 3)),
        "concat": ([x, y], "transpose|concat(1)", torch.cat([x.T, y.T], 1)),
        "stack": ([x, y], "stack(0)", torch.stack([x, y])),
        "rope": ([x], "reshape[3,2,4]|permute[1,0,2]|reshape[6,4]",
                 x.reshape(3, 2, 4).permute(1, 0, 2).reshape(6, 4)),
        "cast": ([x.bfloat16()], "cast", x.bfloat16().float()),
    }
    for name, (parts, do, wanted) in one.items():
        names = [f"in{i}" for i in range(len(parts))]
        case(name, dict(zip(names, parts)), {"out": torch.zeros(wanted.shape)},
             to("out", names, do), {"out": wanted})
    own = torch.randn(9, 4)
    padded = own.clone()
    padded[:6] = x
    case("pad", {"in": x}, {"out": own}, to("out", "in", "pad(0,9)"), {"out": padded})
    half = torch.randn(9, 6).half()
    wide = own.new_empty(9, 6).copy_(half)
    wide[:6, :4] = x
    case("pad two axes", {"in": x}, {"out": half.float()}, to("out", "in", "pad(0,9)|pad(1,6)"),
         {"out": wide})
    case("tie", {"wte": x}, {"embed": torch.zeros(6, 4), "head": torch.zeros(6, 4)},
         to("embed", "wte") + to("head", "embed", "tie"), {"embed": x, "head": x})
    case("names", {f"state.module.blocks.{i}.w": torch.randn(2, 2) for i in range(12)} | {"state.b": y},
         {f"h.{i}.w": torch.zeros(2, 2) for i in range(12)} | {"b": torch.zeros(6, 4)},
         rule(enter="state") + to("h.{0}.w", "state.module.blocks.{-0+11}.w", "transpose"), None)
    source, target, rules, _, _, _ = CASES["names"]
    CASES["names"] = (source, target, rules,
                      {f"h.{i}.w": source[f"state.module.blocks.{11 - i}.w"].T for i in range(12)}
                      | {"b": y}, None, True)
    case("prefix", {"module._orig_mod.fc.weight": x, "module._orig_mod.fc.bias": x[:, 0].contiguous()},
         {"net.fc.weight": torch.zeros(6, 4), "net.fc.bias": torch.full((6,), 3.0)},
         rule(remove="_orig_mod") + rule(strip="module") + rule(add="net") + rule(skip="net.fc.bias"),
         {"net.fc.weight": x, "net.fc.bias": torch.full((6,), 3.0)})
    blocks = {f"h.{i}.ln.{leaf}": torch.randn(3) for i in range(3) for leaf in ("weight", "bias")}
    case("modules", blocks | {"old.w": y, "b": x},
         {name.replace("h.", "layer.").replace("ln", "norm"): torch.zeros(3) for name in blocks}
         | {"old.w": torch.ones(6, 4), "b": torch.zeros(6, 4), "head.w": y, "head.b": y},
         to("layer.{0}.norm.*", "h.{0}.ln.*") + rule(drop="old.*") + rule(skip="head.*"),
         {name.replace("h.", "layer.").replace("ln", "norm"): value for name, value in blocks.items()}
         | {"old.w": torch.ones(6, 4), "b": x, "head.w": y, "head.b": y})
    stacked = torch.randn(4, 3, 2)
    case("layers", {"all": stacked}, {f"l.{i}.w": torch.zeros(2, 3) for i in range(4)},
         to("l.{0}.w", "all", "index(0,{0})|transpose"),
         {f"l.{i}.w": stacked[i].T for i in range(4)})


def computed():
    for dim in (0, 1):
        conv = torch.nn.Conv1d(5, 7, 3)
        norm = torch.nn.utils.parametrizations.weight_norm(torch.nn.Conv1d(5, 7, 3), dim=dim)
        state = norm.state_dict()
        g, v = "parametrizations.weight.original0", "parametrizations.weight.original1"
        state[g] = state[g] * 1.7
        norm.load_state_dict(state)
        case(f"weight_norm {dim}", {g: state[g], v: state[v], "bias": state["bias"]},
             {"weight": conv.weight.detach(), "bias": conv.bias.detach()},
             to("weight", [g, v], f"weight_norm({dim})"),
             {"weight": norm.weight.detach(), "bias": state["bias"]}, exact=False)
    conv = torch.nn.Conv2d(3, 8, 3, bias=False)
    bn = torch.nn.BatchNorm2d(8)
    with torch.no_grad():
        for value in (bn.weight, bn.bias, bn.running_mean):
            value.normal_()
        bn.running_var.uniform_(0.5, 2)
    fused = torch.nn.utils.fuse_conv_bn_eval(conv.eval(), bn.eval())
    source = {"conv.weight": conv.weight.detach()}
    source |= {f"bn.{key}": value for key, value in bn.state_dict().items() if value.dim()}
    parts = ["bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"]
    case("fold_bn", source, {"conv.weight": torch.zeros(8, 3, 3, 3), "conv.bias": torch.zeros(8)},
         to("conv.weight", ["conv.weight"] + parts, "fold_bn") + to("conv.bias", parts, "fold_bn"),
         {"conv.weight": fused.weight.detach(), "conv.bias": fused.bias.detach()}, exact=False)
    base, a, b = torch.randn(10, 6), torch.randn(2, 6), torch.randn(10, 2)
    names = ["q.base_layer.weight", "q.lora_A.default.weight", "q.lora_B.default.weight"]
    merge = to("q.weight", names, "lora_merge")
    zero = {"q.weight": torch.zeros(10, 6)}
    case("lora", dict(zip(names, (base, a, b))), zero, merge, {"q.weight": base + 8 / 2 * b @ a},
         {"lora_alpha": "8"}, exact=False)
    case("lora without alpha", dict(zip(names, (base, a, b))), zero, merge,
         {"q.weight": base + b @ a}, exact=False)
    kohya = ["q.weight", "q.lora_down.weight", "q.lora_up.weight"]
    case("lora alpha tensor", dict(zip(kohya, (base, a, b))) | {"q.alpha": torch.tensor(4.0)}, zero,
         to("q.weight", kohya, "lora_merge"), {"q.weight": base + 4 / 2 * b @ a}, exact=False)
    case("lora turned", dict(zip(names, (base.T.contiguous(), a, b))), {"q.weight": torch.zeros(6, 10)},
         merge, {"q.weight": base.T + (b @ a).T}, exact=False)


def tables():
    """Position tables at another length, as timm and torch resample them."""
    def cubic(value, kept, old, new):  # (1, places, width)
        grid = value[:, kept:].reshape(1, *old, -1).permute(0, 3, 1, 2)
        grid = torch.nn.functional.interpolate(grid, size=new, mode="bicubic", align_corners=False)
        return torch.cat([value[:, :kept], grid.permute(0, 2, 3, 1).flatten(1, 2)], 1)

    for name, kept, old, new in (("larger", 1, 4, 6), ("smaller", 2, 7, 5), ("no class", 0, 3, 5)):
        table = torch.randn(1, kept + old * old, 8)
        wanted = cubic(table, kept, (old, old), (new, new))
        case(f"resize {name}", {"pos_embed": table}, {"pos_embed": torch.zeros(wanted.shape)},
             to("pos_embed", "pos_embed", "resize"), {"pos_embed": wanted}, exact=False)
    bias = torch.randn(7 * 7, 3)
    wanted = cubic(bias[None], 0, (7, 7), (13, 13))[0]
    case("resize relative", {"relative_position_bias_table": bias},
         {"relative_position_bias_table": torch.zeros(169, 3)},
         to("relative_position_bias_table", "relative_position_bias_table", "resize"),
         {"relative_position_bias_table": wanted}, exact=False)
    table = torch.randn(16, 8)
    line = torch.nn.functional.interpolate(table.T[None], size=25, mode="linear", align_corners=False)
    case("resize line", {"wpe.weight": table}, {"wpe.weight": torch.zeros(25, 8)},
         to("wpe.weight", "wpe.weight", "resize"), {"wpe.weight": line[0].T}, exact=False)
    grid = torch.randn(1, 8, 3, 5)
    wanted = torch.nn.functional.interpolate(grid, size=(4, 9), mode="bicubic", align_corners=False)
    case("resize planes", {"pos": grid}, {"pos": torch.zeros(wanted.shape)},
         to("pos", "pos", "resize"), {"pos": wanted}, exact=False)


def adapters():
    """PEFT's rules: scale, magnitude, factors of convolutions and embeddings, a base of its own."""
    names = ["q.base_layer.weight", "q.lora_A.default.weight", "q.lora_B.default.weight"]
    merge = to("q.weight", names, "lora_merge")
    base, a, b = torch.randn(8, 8), torch.randn(4, 8), torch.randn(8, 4)
    state = dict(zip(names, (base, a, b)))
    zero = {"q.weight": torch.zeros(8, 8)}
    case("lora root of the rank", state, zero, merge, {"q.weight": base + 16 / 4**0.5 * b @ a},
         {"lora_alpha": "16", "use_rslora": "true"}, exact=False)
    case("lora alpha pattern", state, zero, merge, {"q.weight": base + 32 / 4 * b @ a},
         {"lora_alpha": "16", "alpha_pattern.q": "32", "alpha_pattern.other.q": "2"}, exact=False)
    case("lora square and turned", state, zero, merge, {"q.weight": base + 16 / 4 * (b @ a).T},
         {"lora_alpha": "16", "fan_in_fan_out": "true"}, exact=False)
    case("lora on the model's own", {name: state[name] for name in names[1:]}, {"q.weight": base},
         to("q.weight", names[1:], "lora_merge"), {"q.weight": base + 16 / 4 * b @ a},
         {"lora_alpha": "16"}, exact=False)
    conv, down, up = torch.randn(6, 5, 3, 3), torch.randn(2, 5, 3, 3), torch.randn(6, 2, 1, 1)
    delta = torch.nn.functional.conv2d(down.transpose(0, 1), up).transpose(0, 1)
    case("lora convolution", dict(zip(names, (conv, down, up))), {"q.weight": torch.zeros(6, 5, 3, 3)},
         merge, {"q.weight": conv + 3 / 2 * delta}, {"lora_alpha": "3"}, exact=False)
    table, down, up = torch.randn(20, 6), torch.randn(3, 20), torch.randn(6, 3)
    embedded = ["q.base_layer.weight", "q.lora_embedding_A.default", "q.lora_embedding_B.default"]
    case("lora embedding", dict(zip(embedded, (table, down, up))), {"q.weight": torch.zeros(20, 6)},
         to("q.weight", embedded, "lora_merge"), {"q.weight": table + 6 / 3 * (up @ down).T},
         {"lora_alpha": "6"}, exact=False)

    base, a, b, m = torch.randn(10, 6), torch.randn(2, 6), torch.randn(10, 2), torch.rand(10) + 1
    magnitude = "q.lora_magnitude_vector.default.weight"
    merged = base + 8 / 2 * b @ a
    wanted = m[:, None] * merged / merged.norm(dim=1, keepdim=True)
    merge = to("q.weight", names + [magnitude], "lora_merge")
    case("dora", dict(zip(names, (base, a, b))) | {magnitude: m}, {"q.weight": torch.zeros(10, 6)},
         merge, {"q.weight": wanted}, {"lora_alpha": "8"}, exact=False)
    case("dora turned", dict(zip(names, (base.T.contiguous(), a, b))) | {magnitude: m},
         {"q.weight": torch.zeros(6, 10)}, merge, {"q.weight": wanted.T}, {"lora_alpha": "8"},
         exact=False)
    conv, down, up = torch.randn(6, 5, 3, 3), torch.randn(2, 5, 3, 3), torch.randn(6, 2, 1, 1)
    m = torch.rand(1, 6, 1, 1) + 1
    merged = conv + (up.flatten(1) @ down.flatten(1)).reshape(6, 5, 3, 3)
    wanted = m.transpose(0, 1) * merged / merged.flatten(1).norm(dim=1).reshape(6, 1, 1, 1)
    case("dora convolution", dict(zip(names, (conv, down, up))) | {magnitude: m},
         {"q.weight": torch.zeros(6, 5, 3, 3)}, merge, {"q.weight": wanted}, exact=False)


def other_adapters():
    """LoHa and LoKr as LyCORIS defines them, MLX's turned factors, kohya's alpha in the rule."""
    def merge(parts, base, wanted, name, metadata=None, target=None):
        state = {"q.weight": base} | {f"q.{leaf}": value for leaf, value in parts.items()}
        case(name, state, {"q.weight": torch.zeros(base.shape)},
             to("q.weight", list(state), "lora_merge"), {"q.weight": wanted}, metadata, exact=False)

    base, conv = torch.randn(12, 8), torch.randn(12, 8, 3, 3)
    alpha = torch.tensor(3.0)
    a, b, c, d = torch.randn(12, 2), torch.randn(2, 8), torch.randn(12, 2), torch.randn(2, 8)
    loha = dict(zip(("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"), (a, b, c, d)))
    merge(loha | {"alpha": alpha}, base, base + 3 / 2 * (a @ b) * (c @ d), "loha")
    merge(loha, base.T.contiguous(), base.T + ((a @ b) * (c @ d)).T, "loha turned")
    merge(loha, base, base + 8 / 2 * (a @ b) * (c @ d), "loha peft",
          {"adapter_config.json.alpha": "8", "adapter_config.json.r": "2"})
    wide = torch.randn(2, 72), torch.randn(2, 72)
    merge(loha | {"hada_w1_b": wide[0], "hada_w2_b": wide[1], "alpha": alpha}, conv,
          conv + 3 / 2 * ((a @ wide[0]) * (c @ wide[1])).reshape(conv.shape), "loha convolution")
    one, two = torch.randn(3, 4), torch.randn(4, 2)
    merge({"lokr_w1": one, "lokr_w2": two, "alpha": alpha}, base, base + torch.kron(one, two),
          "lokr whole")
    a, b = torch.randn(4, 2), torch.randn(2, 2)
    merge({"lokr_w1": one, "lokr_w2_a": a, "lokr_w2_b": b, "alpha": alpha}, base,
          base + 3 / 2 * torch.kron(one, a @ b), "lokr")
    c, d = torch.randn(3, 2), torch.randn(2, 4)
    both = {"lokr_w1_a": c, "lokr_w1_b": d, "lokr_w2_a": a, "lokr_w2_b": b, "alpha": alpha}
    merge(both, base.T.contiguous(), base.T + 3 / 2 * torch.kron(c @ d, a @ b).T, "lokr turned")
    kernel = torch.randn(4, 2, 3, 3)
    wanted = conv + torch.kron(one[:, :, None, None].contiguous(), kernel)
    merge({"lokr_w1": one, "lokr_w2": kernel}, conv, wanted, "lokr convolution")
    merge({"lokr_w1": one, "lokr_w2": two}, base, base + 6 / 4 * torch.kron(one, two), "lokr peft",
          {"adapter_config.json.alpha": "6", "adapter_config.json.r": "4"})
    a, b = torch.randn(8, 2), torch.randn(2, 12)
    merge({"lora_a": a, "lora_b": b}, base, base + 20 * (a @ b).T, "mlx lora")
    merge({"lora_a": a, "lora_b": b}, base, base + 10 * (a @ b).T, "mlx lora scale",
          {"adapter_config.json.lora_parameters.scale": "10.0"})
    m = torch.rand(12) + 1
    whole = base + 20 * (a @ b).T
    merge({"lora_a": a, "lora_b": b, "m": m}, base, m[:, None] * whole / whole.norm(dim=1, keepdim=True),
          "mlx dora")
    square, a, b = torch.randn(6, 6), torch.randn(6, 2), torch.randn(2, 6)
    merge({"lora_a": a, "lora_b": b}, square, square + 20 * (a @ b).T, "mlx lora square")
    down, up = torch.randn(2, 8), torch.randn(12, 2)
    merge({"lora_down.weight": down, "lora_up.weight": up, "alpha": alpha}, base,
          base + 3 / 2 * up @ down, "kohya")


def pack(values, bits, order=None):
    """Integers along the last axis into 32-bit words, low bits first."""
    if 32 % bits:
        ones = values.astype(numpy.uint32)[..., None] >> numpy.arange(bits, dtype=numpy.uint32) & 1
        ones = ones.reshape(*values.shape[:-1], -1, 32)
        words = (ones << numpy.arange(32, dtype=numpy.uint32)).sum(-1).astype(numpy.uint32)
        return torch.from_numpy(words.view(numpy.int32).copy())
    per = 32 // bits
    values = values.astype(numpy.uint32).reshape(*values.shape[:-1], -1, per)
    if order is not None:
        values = values[..., order]
    words = numpy.zeros(values.shape[:-1], numpy.uint32)
    for place in range(per):
        words |= values[..., place] << numpy.uint32(place * bits)
    return torch.from_numpy(words.view(numpy.int32).copy())


def packed():
    random = numpy.random.default_rng(0)
    inputs, outputs, size = 64, 16, 16
    groups = inputs // size
    outputs = 32
    for bits in (2, 3, 4, 8):
        q = random.integers(0, 2**bits, (inputs, outputs))
        zero = random.integers(0, 2**bits - 1, (groups, outputs))
        scale = random.random((groups, outputs)).astype(numpy.float16)
        index = random.permutation(numpy.arange(inputs) // size)
        wanted = ((q - (zero + 1)[index]) * scale.astype(numpy.float32)[index]).T
        names = ["m.qweight", "m.qzeros", "m.scales", "m.g_idx"]
        case(f"gptq {bits}",
             dict(zip(names, (pack(q.T, bits).T.contiguous(), pack(zero, bits),
                              torch.from_numpy(scale), torch.from_numpy(index.astype(numpy.int32))))),
             {"m.weight": torch.zeros(outputs, inputs)}, to("m.weight", names, "dequantise"),
             {"m.weight": torch.from_numpy(wanted.astype(numpy.float32))}, exact=False)
    index = numpy.arange(inputs) // size
    for name, offset, metadata in (("in order", 1, None), ("second version", 0,
                                                          {"checkpoint_format": "gptq_v2"})):
        wanted = ((q - (zero + offset)[index]) * scale.astype(numpy.float32)[index]).T
        case(f"gptq {name}",
             dict(zip(names[:3], (pack(q.T, 8).T.contiguous(), pack(zero, 8), torch.from_numpy(scale)))),
             {"m.weight": torch.zeros(outputs, inputs)}, to("m.weight", names[:3], "dequantise"),
             {"m.weight": torch.from_numpy(wanted.astype(numpy.float32))}, metadata, exact=False)
    q = random.integers(0, 16, (inputs, outputs))
    zero = random.integers(0, 16, (groups, outputs))
    scale = random.random((groups, outputs)).astype(numpy.float16)
    index = numpy.arange(inputs) // size
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    names = ["m.qweight", "m.qzeros", "m.scales"]
    case("awq", dict(zip(names, (pack(q, 4, order), pack(zero, 4, order), torch.from_numpy(scale)))),
         {"m.weight": torch.zeros(outputs, inputs)}, to("m.weight", names, "dequantise"),
         {"m.weight": torch.from_numpy(((q - zero[index]) * scale.astype(numpy.float32)[index]).T.copy()).float()},
         exact=False)
    for bits in (2, 3, 4, 5, 6, 8):
        q = random.integers(0, 2**bits, (outputs, inputs))
        scale = random.random((outputs, groups)).astype(numpy.float32)
        bias = random.random((outputs, groups)).astype(numpy.float32)
        names = ["m.weight", "m.scales", "m.biases"]
        case(f"mlx {bits}",
             dict(zip(names, (pack(q, bits).view(torch.uint32), torch.from_numpy(scale),
                              torch.from_numpy(bias)))),
             {"m.weight": torch.zeros(outputs, inputs)}, to("m.weight", names, "dequantise"),
             {"m.weight": torch.from_numpy(q * scale.repeat(size, 1) + bias.repeat(size, 1)).float()},
             {"bits": "4", "quantization.group_size": "16"}, exact=False)
    case("mlx then split", dict(zip(names, (pack(q, 8).view(torch.uint32), torch.from_numpy(scale),
                                            torch.from_numpy(bias)))),
         {"m.weight": torch.zeros(outputs // 2, inputs)},
         to("m.weight", names, "dequantise|split(0,1,2)"),
         {"m.weight": torch.from_numpy(q * scale.repeat(size, 1) + bias.repeat(size, 1)).float()[16:]},
         {"quantization.bits": "8"}, exact=False)
    q = random.integers(0, 16, (outputs, inputs))
    case("compressed-tensors", {"m.weight_packed": pack(q, 4), "m.weight_scale": torch.from_numpy(scale)},
         {"m.weight": torch.zeros(outputs, inputs)},
         to("m.weight", ["m.weight_packed", "m.weight_scale"], "dequantise"),
         {"m.weight": torch.from_numpy((q - 8) * scale.repeat(size, 1)).float()}, exact=False)
    eight = torch.randn(300, 200).to(torch.float8_e4m3fn)
    block = torch.rand(3, 2) + 0.5
    wanted = eight.float() * block.repeat_interleave(128, 0)[:300].repeat_interleave(128, 1)[:, :200]
    case("blocks of float8", {"m.weight": eight, "m.weight_scale_inv": block},
         {"m.weight": torch.zeros(300, 200)},
         to("m.weight", ["m.weight", "m.weight_scale_inv"], "dequantise"), {"m.weight": wanted},
         exact=False)
    weight = torch.randn(outputs, inputs)
    absmax = weight.abs().amax(1)
    eight = torch.round(weight * 127 / absmax[:, None]).to(torch.int8)
    case("bitsandbytes", {"m.weight": eight, "m.SCB": absmax}, {"m.weight": torch.zeros(outputs, inputs)},
         to("m.weight", ["m.weight", "m.SCB"], "dequantise"),
         {"m.weight": eight.float() * absmax[:, None] / 127}, exact=False)


def packed_rows():
    """Integers along rows: AWQ's version for matrix-vector products, compressed-tensors."""
    random = numpy.random.default_rng(4)
    outputs = 32
    for inputs, size, filled in ((256, 128, 8), (192, 64, 16), (128, 32, 32)):
        groups = inputs // size
        q = random.integers(0, 16, (outputs, inputs))
        zero = random.integers(0, 16, (outputs, filled))
        scale = random.random((outputs, filled)).astype(numpy.float16)
        index = numpy.arange(inputs) // size
        wanted = (q - zero[:, index]) * scale.astype(numpy.float32)[:, index]
        names = ["m.qweight", "m.qzeros", "m.scales"]
        case(f"awq rows {size}",
             dict(zip(names, (pack(q, 4), pack(zero, 4), torch.from_numpy(scale)))),
             {"m.weight": torch.zeros(outputs, inputs)}, to("m.weight", names, "dequantise"),
             {"m.weight": torch.from_numpy(wanted.astype(numpy.float32))}, exact=False)
    for bits, inputs, size, extra in ((4, 64, 16, ""), (8, 64, 64, ""), (4, 60, 15, "short"),
                                      (3, 64, 32, ""), (4, 64, 16, "index")):
        groups = inputs // size
        words = -(-inputs * bits // 32)
        q = random.integers(0, 2**bits, (outputs, inputs))
        zero = random.integers(0, 2**bits, (outputs, groups))
        scale = random.random((outputs, groups)).astype(numpy.float32)
        index = numpy.arange(inputs) // size
        if extra == "index":
            index = random.permutation(index)
        room = -(-inputs // 32) * 32  # whole words, whatever the width
        filled = numpy.zeros((outputs, room), q.dtype)
        filled[:, :inputs] = q
        parts = {"m.weight_packed": pack(filled, bits)[:, :words],
                 "m.weight_scale": torch.from_numpy(scale),
                 "m.weight_zero_point": pack(zero.T, bits).T.contiguous(),
                 "m.weight_shape": torch.tensor([outputs, inputs])}
        if extra == "index":
            parts["m.weight_g_idx"] = torch.from_numpy(index.astype(numpy.int32))
        wanted = (q - zero[:, index]) * scale[:, index]
        case(f"compressed-tensors zeros {bits} {extra}".strip(), parts,
             {"m.weight": torch.zeros(outputs, inputs)}, to("m.weight", list(parts), "dequantise"),
             {"m.weight": torch.from_numpy(wanted.astype(numpy.float32))}, exact=False)


def scaled_bytes():
    """One scale for a tensor, a row or a block, under the names that programs give it."""
    eight = torch.randn(48, 40).to(torch.float8_e4m3fn)
    row = torch.rand(48, 1) + 0.5
    zero = {"m.weight": torch.zeros(48, 40)}
    for name, leaf, scale in (("row", "weight_scale", row), ("tensor", "weight_scale", torch.tensor(0.25)),
                              ("ComfyUI", "scale_weight", torch.tensor([1.5]))):
        case(f"float8 {name}", {"m.weight": eight, f"m.{leaf}": scale}, zero,
             to("m.weight", ["m.weight", f"m.{leaf}"], "dequantise"),
             {"m.weight": eight.float() * scale}, exact=False)
    whole = torch.randint(-128, 128, (48, 40)).to(torch.int8)
    middle = torch.randint(-20, 20, (48, 1)).to(torch.int8)
    parts = {"m.weight": whole, "m.weight_scale": row, "m.weight_zero_point": middle}
    case("int8 zeros", parts, zero, to("m.weight", list(parts), "dequantise"),
         {"m.weight": (whole.float() - middle.float()) * row}, exact=False)


def four_bit_floats():
    """MXFP4 and NVFP4; the reference for the element types is ml_dtypes."""
    try:
        import ml_dtypes
    except ImportError:
        return not_made(
            "mxfp4 experts", "mxfp4 blocks", "mxfp4 rows", "nvfp4", "nvfp4 compressed")
    random = numpy.random.default_rng(5)
    def numbers(codes):
        return codes.astype(numpy.uint8).view(ml_dtypes.float4_e2m1fn).astype(numpy.float32)
    def bytes_of(codes):
        return torch.from_numpy((codes[..., 0::2] | codes[..., 1::2] << 4).astype(numpy.uint8))
    codes = random.integers(0, 16, (3, 8, 64))
    power = random.integers(110, 140, (3, 8, 2)).astype(numpy.uint8)
    factor = power.view(ml_dtypes.float8_e8m0fnu).astype(numpy.float32)
    wanted = torch.from_numpy(numbers(codes) * factor.repeat(32, -1))
    parts = {"e.gate_up_proj_blocks": bytes_of(codes).reshape(3, 8, 2, 16),
             "e.gate_up_proj_scales": torch.from_numpy(power)}
    case("mxfp4 experts", parts, {"e.gate_up_proj": torch.zeros(3, 64, 8)},
         to("e.gate_up_proj", list(parts), "dequantise|transpose"),
         {"e.gate_up_proj": wanted.transpose(1, 2)}, exact=False)
    parts = {"mlp.blocks": parts["e.gate_up_proj_blocks"], "mlp.scales": torch.from_numpy(power)}
    case("mxfp4 blocks", parts, {"mlp": torch.zeros(3, 8, 64)}, to("mlp", list(parts), "dequantise"),
         {"mlp": wanted}, exact=False)
    parts = {"m.weight_packed": bytes_of(codes[0]), "m.weight_scale": torch.from_numpy(power[0])}
    case("mxfp4 rows", parts, {"m.weight": torch.zeros(8, 64)},
         to("m.weight", list(parts), "dequantise"), {"m.weight": wanted[0]}, exact=False)
    scale = torch.rand(8, 4).add(0.1).to(torch.float8_e4m3fn)
    fine = torch.from_numpy(numbers(codes[0])) * scale.float().repeat_interleave(16, -1)
    whole = torch.tensor(0.0375)
    parts = {"m.weight": bytes_of(codes[0]), "m.weight_scale": scale, "m.weight_scale_2": whole,
             "m.input_scale": torch.tensor(2.0)}
    case("nvfp4", parts, {"m.weight": torch.zeros(8, 64)}, to("m.weight", list(parts), "dequantise"),
         {"m.weight": fine * whole}, exact=False)
    parts = {"m.weight_packed": bytes_of(codes[0]), "m.weight_scale": scale,
             "m.weight_global_scale": torch.tensor([12.5])}
    case("nvfp4 compressed", parts, {"m.weight": torch.zeros(8, 64)},
         to("m.weight", list(parts), "dequantise"), {"m.weight": fine / 12.5}, exact=False)


def four_bits():
    """bitsandbytes: codes of sixteen values, block maxima plain or quantised themselves."""
    random = numpy.random.default_rng(2)
    shape, size, nested_size = (48, 100), 64, 256
    count = shape[0] * shape[1]
    table = numpy.sort(random.random(16).astype(numpy.float32) * 2 - 1)
    codes = random.integers(0, 16, count)
    packed = (codes[0::2] << 4 | codes[1::2]).astype(numpy.uint8)[:, None]
    blocks = -(-count // size)
    for name, kind in (("nf4", "nf4"), ("fp4 nested", "fp4")):
        state = {"quant_type": kind, "blocksize": size, "dtype": "float16", "shape": list(shape)}
        parts = {"m.weight": packed, "m.weight.quant_map": table}
        if kind == "nf4":
            largest = random.random(blocks).astype(numpy.float32)
            parts["m.weight.absmax"] = largest
        else:
            state |= {"nested_blocksize": nested_size, "nested_dtype": "float32", "nested_offset": 0.0625}
            inner = random.integers(0, 256, blocks).astype(numpy.uint8)
            nested_table = numpy.sort(random.random(256).astype(numpy.float32))
            nested = random.random(-(-blocks // nested_size)).astype(numpy.float32)
            largest = nested_table[inner] * nested[numpy.arange(blocks) // nested_size] + 0.0625
            parts |= {"m.weight.absmax": inner, "m.weight.nested_absmax": nested,
                      "m.weight.nested_quant_map": nested_table}
        wanted = (table[codes] * largest[numpy.arange(count) // size]).reshape(shape)
        text = numpy.frombuffer(json.dumps(state).encode(), numpy.uint8).copy()
        parts[f"m.weight.quant_state.bitsandbytes__{kind}"] = text
        case(f"bitsandbytes {name}", {key: torch.from_numpy(value) for key, value in parts.items()},
             {"m.weight": torch.zeros(shape)}, to("m.weight", list(parts), "dequantise"),
             {"m.weight": torch.from_numpy(wanted.astype(numpy.float32))}, exact=False)
        case(f"bitsandbytes {name} turned", {key: torch.from_numpy(value) for key, value in parts.items()},
             {"m.weight": torch.zeros(shape[::-1])},
             to("m.weight", list(parts), "dequantise|transpose"),
             {"m.weight": torch.from_numpy(wanted.T.astype(numpy.float32).copy())}, exact=False)


def blocks(folder):
    """GGUF files; the reference is the gguf package."""
    try:
        import gguf
    except ImportError:
        return not_made("gguf")
    halves = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
              "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
              "IQ4_NL": [0], "IQ4_XS": [0], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0],
              "IQ3_XXS": [0], "IQ3_S": [0], "IQ1_S": [0], "IQ1_M": [], "TQ1_0": [52], "TQ2_0": [64],
              "MXFP4": []}
    random = numpy.random.default_rng(1)
    path = os.path.join(folder, "gguf")
    os.makedirs(path)
    writer = gguf.GGUFWriter(os.path.join(path, "src.gguf"), "llama")
    expected, rules = {}, "version = 1\n"
    for name, places in halves.items():
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        rows, columns = 4, 512
        raw = random.integers(0, 256, (rows, columns // elements, size), numpy.uint8)
        for place in places:
            half = random.random(raw.shape[:2]).astype(numpy.float16)
            raw[..., place:place + 2] = half[..., None].view(numpy.uint8)
        if name == "MXFP4":
            raw[..., 0] = random.integers(120, 134, raw.shape[:2])
            raw[0, 0, 0] = 1
        if name == "IQ1_M":  # the four upper bits of four words are the scale
            raw[..., 55] = 0x30 | raw[..., 55] & 15
        raw = raw.reshape(rows, -1)
        writer.add_tensor(f"t.{name}", raw, raw_dtype=kind)
        value = torch.from_numpy(gguf.dequantize(raw, kind).astype(numpy.float32).copy())
        expected[f"out.{name}"] = value.reshape(2, 2, columns).transpose(0, 1).reshape(rows, columns)
        rules += to(f"out.{name}", f"t.{name}",
                    f"dequantise|reshape[2,2,{columns}]|permute[1,0,2]|reshape[{rows},{columns}]")
    plain = torch.randn(3, 5)
    writer.add_tensor("t.plain", plain.numpy())
    expected["out.plain"] = plain
    rules += to("out.plain", "t.plain")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file({key: torch.zeros_like(value) for key, value in expected.items()},
              os.path.join(path, "dst.safetensors"))
    finish(path, rules, expected, False)


def other_byte_order(folder):
    """Blocks in a big-endian file, as the gguf package's own program turns them."""
    try:
        import gguf
        from gguf.scripts import gguf_convert_endian
    except ImportError:
        return not_made("gguf-big-endian")
    random = numpy.random.default_rng(6)
    path = os.path.join(folder, "gguf-big-endian")
    os.makedirs(path)
    writer = gguf.GGUFWriter(os.path.join(path, "src.gguf"), "llama")
    expected, rules = {}, "version = 1\n"
    for name, places in {"Q4_0": [0], "Q8_0": [0], "Q4_K": [0, 2], "Q6_K": [208], "MXFP4": []}.items():
        kind = gguf.GGMLQuantizationType[name]
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        raw = random.integers(0, 256, (4, 512 // elements, size), numpy.uint8)
        for place in places:
            half = random.random(raw.shape[:2]).astype(numpy.float16)
            raw[..., place:place + 2] = half[..., None].view(numpy.uint8)
        if name == "MXFP4":
            raw[..., 0] = random.integers(120, 134, raw.shape[:2])
        raw = raw.reshape(4, -1)
        writer.add_tensor(f"t.{name}", raw, raw_dtype=kind)
        expected[f"out.{name}"] = torch.from_numpy(
            gguf.dequantize(raw, kind).astype(numpy.float32).copy())
        rules += to(f"out.{name}", f"t.{name}", "dequantise")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    gguf_convert_endian.input = lambda _: "YES"
    reader = gguf.GGUFReader(os.path.join(path, "src.gguf"), "r+")
    arguments = type("Arguments", (), {"order": "big", "dry_run": False})
    gguf_convert_endian.convert_byteorder(reader, arguments)
    del reader
    save_file({key: torch.zeros_like(value) for key, value in expected.items()},
              os.path.join(path, "dst.safetensors"))
    finish(path, rules, expected, False)
    with open(os.path.join(path, "saved-only"), "w") as file:
        file.write("gguf reads blocks in its own byte order only")


def converted(path, expected):
    """What `convert --dequantise` made of a source, where it is the destination's array alone."""
    file = os.path.join(path, "converted.safetensors")
    if not os.path.exists(file):
        return []
    found = load_file(file)
    if os.path.exists(os.path.join(path, "src.gguf")):  # dimensions as GGUF lists them
        import gguf
        reader = gguf.GGUFReader(os.path.join(path, "src.gguf"))
        expected = {t.name: torch.from_numpy(
            gguf.dequantize(t.data, t.tensor_type).astype(numpy.float32).copy()).T
            for t in reader.tensors}
    return [f"converted: {key} differs" for key, wanted in expected.items()
            if key not in found or found[key].dtype != torch.float32
            or not agree(found[key], wanted, False)]


def finish(path, rules, expected, exact):
    save_file({key: value.contiguous().clone() for key, value in expected.items()},
              os.path.join(path, "expected.safetensors"))
    with open(os.path.join(path, "fix.toml"), "w") as file:
        file.write(rules)
    with open(os.path.join(path, "exact"), "w") as file:
        file.write(str(int(exact)))


def make(folder):
    moves()
    computed()
    tables()
    adapters()
    other_adapters()
    packed()
    packed_rows()
    scaled_bytes()
    four_bits()
    four_bit_floats()
    for name, (source, target, rules, expected, metadata, exact) in CASES.items():
        path = os.path.join(folder, name.replace(" ", "-"))
        os.makedirs(path)
        save_file({key: value.contiguous() for key, value in source.items()},
                  os.path.join(path, "src.safetensors"), metadata)
        save_file({key: value.contiguous().clone() for key, value in target.items()},
                  os.path.join(path, "dst.safetensors"))
        finish(path, rules, expected, exact)
    blocks(folder)
    other_byte_order(folder)


def agree(found, expected, exact):
    if found.shape != expected.shape:
        return False
    if exact:
        return torch.equal(found, expected)
    return torch.allclose(found.float(), expected.float(), rtol=1e-5, atol=1e-5)


def exported(path):
    spec = importlib.util.spec_from_file_location("repair", os.path.join(path, "repair.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target = load_file(os.path.join(path, "dst.safetensors"))
    sources = [os.path.join(path, "src." + kind) for kind in ("gguf", "safetensors")]
    source = module.load(next(name for name in sources if os.path.exists(name)))
    target.update(module.repair(source, target))
    return target


def check(folder):
    """Prints what differs; without differences, how many cases agree."""
    complaints = []
    names = sorted(os.listdir(folder))
    for name in names:
        path = os.path.join(folder, name)
        expected = load_file(os.path.join(path, "expected.safetensors"))
        exact = open(os.path.join(path, "exact")).read() == "1"
        found = load_file(os.path.join(path, "out.safetensors"))
        with safe_open(os.path.join(path, "out.safetensors"), "pt") as file:
            for tie, first in json.loads((file.metadata() or {}).get("tied", "{}")).items():
                found.setdefault(tie, found[first])
        results = {"saved": found}
        complaints += [f"{name}: {what}" for what in converted(path, expected)]
        if os.path.exists(os.path.join(path, "repair.py")) and not (
                os.path.exists(os.path.join(path, "saved-only"))):
            try:
                results["exported"] = exported(path)
            except Exception as error:
                complaints.append(f"{name}: exported code: {error!r}")
        for what, values in results.items():
            for key, wanted in expected.items():
                if key not in values:
                    complaints.append(f"{name}: {what}: no {key}")
                elif not agree(values[key], wanted, exact):
                    complaints.append(f"{name}: {what}: {key} differs")
    print("\n".join(complaints) or f"{len(names)} cases agree")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](sys.argv[2])
