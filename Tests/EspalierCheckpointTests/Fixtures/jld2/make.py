"""Makes `model.jld2`: what JLD2.jl 0.4 writes for

    jldsave("model.jld2"; model = Chain(Dense(2 => 3, relu), relu, Dense(w, false)), step = 7, ...)

byte by byte as its specification of HDF5 has it, because the package needs Julia: superblock 2 at byte
512, object headers of version 2, types committed with their Julia names. h5py reads it as well.
"""

import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent
BASE = 512


def lookup3(data):
    mask = 0xFFFFFFFF

    def rot(x, k):
        return (x << k | x >> (32 - k)) & mask

    a = b = c = (0xDEADBEEF + len(data)) & mask
    at = 0
    while len(data) - at > 12:
        x, y, z = struct.unpack_from("<III", data, at)
        a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
        a = ((a - c) & mask) ^ rot(c, 4); c = (c + b) & mask
        b = ((b - a) & mask) ^ rot(a, 6); a = (a + c) & mask
        c = ((c - b) & mask) ^ rot(b, 8); b = (b + a) & mask
        a = ((a - c) & mask) ^ rot(c, 16); c = (c + b) & mask
        b = ((b - a) & mask) ^ rot(a, 19); a = (a + c) & mask
        c = ((c - b) & mask) ^ rot(b, 4); b = (b + a) & mask
        at += 12
    x, y, z = struct.unpack("<III", data[at:].ljust(12, b"\0"))
    a, b, c = (a + x) & mask, (b + y) & mask, (c + z) & mask
    c = ((c ^ b) - rot(b, 14)) & mask
    a = ((a ^ c) - rot(c, 11)) & mask
    b = ((b ^ a) - rot(a, 25)) & mask
    c = ((c ^ b) - rot(b, 16)) & mask
    a = ((a ^ c) - rot(c, 4)) & mask
    b = ((b ^ a) - rot(a, 14)) & mask
    c = ((c ^ b) - rot(b, 24)) & mask
    return c


# Datatypes.
REFERENCE = struct.pack("<BBBBI", 0x37, 0, 0, 0, 8)
FLOAT32 = struct.pack("<BBBBIHHBBBBI", 0x31, 0x20, 31, 0, 4, 0, 32, 23, 8, 0, 23, 127)
INT64 = struct.pack("<BBBBIHH", 0x30, 8, 0, 0, 8, 0, 64)
BOOL = struct.pack("<BBBBIHH", 0x34, 0, 0, 0, 1, 0, 8)
EMPTY = struct.pack("<BBBBI", 0x35, 0, 0, 0, 1)
TEXT = struct.pack("<BBBBI", 0x39, 1, 1, 0, 16) + struct.pack("<BBBBIHH", 0x30, 0, 0, 0, 1, 0, 8)
REFERENCES = struct.pack("<BBBBI", 0x39, 0, 0, 0, 16) + REFERENCE


def size(kind):
    return struct.unpack_from("<I", kind, 4)[0]


def compound(*fields):
    total = sum(size(kind) for _, kind in fields)
    out = struct.pack("<BHBI", 0x36, len(fields), 0, total)
    offset = 0
    for name, kind in fields:
        out += name.encode() + b"\0" + bytes([offset]) + kind
        offset += size(kind)
    return out


DATA_TYPE = compound(("name", TEXT), ("parameters", REFERENCES))


def space(*dimensions, null=False):
    kind = 2 if null else 1 if dimensions else 0
    return struct.pack("<BBBB", 2, len(dimensions), 0, kind) + struct.pack(
        f"<{len(dimensions)}Q", *dimensions)


class Writer:
    def __init__(self):
        self.out = bytearray(48)

    def add(self, data):
        at = len(self.out)
        self.out += data
        return at

    def header(self, *messages):
        body = b"".join(struct.pack("<BHB", kind, len(data), flags) + data
                        for kind, flags, data in messages)
        head = b"OHDR" + bytes([2, 2]) + struct.pack("<I", len(body)) + body
        return self.add(head + struct.pack("<I", lookup3(head)))

    def variable(self, data, count):
        """A global heap of its own for one value; how an element points to it."""
        padded = data + bytes(-len(data) % 8)
        total = 16 + 16 + len(padded) + 16
        heap = b"GCOL" + bytes([1, 0, 0, 0]) + struct.pack("<Q", total)
        heap += struct.pack("<HHIQ", 1, 1, 0, len(data)) + padded
        heap += struct.pack("<HHIQ", 0, 0, 0, 0)
        return struct.pack("<IQI", count, self.add(heap), 1)

    def attribute(self, name, kind, dims, data, shared=None):
        name = name.encode() + b"\0"
        kind = struct.pack("<BBQ", 3, 2, shared) if shared is not None else kind
        return 0x0C, 0, struct.pack("<BBHHH", 2, 1 if shared is not None else 0, len(name), len(kind),
                                    len(dims)) + name + kind + dims + data

    def describe(self, name, parameters):
        data = self.variable(name.encode(), len(name))
        addresses = struct.pack(f"<{len(parameters)}Q", *parameters)
        return data + self.variable(addresses, len(parameters))

    def commit(self, kind, name, parameters=(), fields=()):
        data = self.describe(name, parameters)
        if name == "Core.DataType":
            described = self.attribute("julia_type", DATA_TYPE, space(), data)
        else:
            described = self.attribute("julia_type", None, space(), data, self.data_type)
        messages = [(3, 0, kind), described]
        if fields:
            messages.append(self.attribute(
                "field_datatypes", REFERENCE, space(len(fields)),
                struct.pack(f"<{len(fields)}Q", *fields)))
        return self.header(*messages)

    def dataset(self, kind, dims, data, shared=None):
        type_message = (3, 2, struct.pack("<BBQ", 3, 2, shared)) if shared else (3, 0, kind)
        layout = struct.pack("<BBH", 4, 0, len(data)) + data
        return self.header((5, 0, bytes([3, 9])), (1, 0, dims), type_message, (8, 0, layout))

    def packed(self, kind, dimensions, data):
        """One chunk, deflated."""
        stored = zlib.compress(data)
        at = self.add(stored)
        layout = bytes([4, 2, 2, len(dimensions) + 1, 1])
        layout += bytes([*dimensions, size(kind)])
        layout += bytes([1]) + struct.pack("<QIQ", len(stored), 0, at)
        filters = bytes([2, 1]) + struct.pack("<HHHI", 1, 0, 1, 5)
        return self.header((5, 0, bytes([3, 9])), (1, 0, space(*dimensions)), (3, 0, kind),
                           (11, 0, filters), (8, 0, layout))

    def group(self, **links):
        nowhere = b"\xff" * 8
        info = [(2, 0, bytes(2) + nowhere * 2), (10, 0, bytes(2))]
        return self.header(*info, *[
            (6, 0, bytes([1, 16, 1, len(name.encode())]) + name.encode() + struct.pack("<Q", address))
            for name, address in links.items()])


def floats(*values):
    return struct.pack(f"<{len(values)}f", *values)


def main():
    w = Writer()
    w.data_type = None
    w.data_type = w.commit(DATA_TYPE, "Core.DataType")
    relu = w.commit(EMPTY, "NNlib.#relu")
    nothing = w.commit(EMPTY, "Core.Nothing")
    symbol = w.commit(TEXT, "Core.Symbol")
    dense_kind = compound(("weight", REFERENCE), ("bias", REFERENCE))
    dense = w.commit(dense_kind, "Flux.Dense", [relu])
    bare_kind = compound(("weight", REFERENCE), ("bias", BOOL))
    bare = w.commit(bare_kind, "Flux.Dense", [relu])
    layers_kind = compound(("1", dense_kind), ("3", bare_kind))
    layers = w.commit(layers_kind, "Core.Tuple", [dense, relu, bare], [dense, bare])
    chain = w.commit(compound(("layers", layers_kind)), "Flux.Chain", [layers], [layers])
    pair_kind = compound(("first", TEXT), ("second", REFERENCE))
    pair = w.commit(pair_kind, "Core.Pair")
    dictionary = w.commit(compound(("kvvec", REFERENCE)), "Base.Dict")

    # A matrix of size (3, 2): HDF5's dimensions are 2, 3, and columns lie side by side.
    weight = w.dataset(FLOAT32, space(2, 3), floats(1, 2, 3, 4, 5, 6))
    bias = w.dataset(FLOAT32, space(3), floats(-1, 0, 1))
    model = w.dataset(None, space(), struct.pack("<QQQB", weight, bias, weight, 0), chain)
    adam = w.dataset(None, space(), struct.pack("<Q", w.dataset(
        pair_kind, space(2),
        w.variable(b"rate", 4) + struct.pack("<Q", w.dataset(FLOAT32, space(), floats(0.5)))
        + w.variable(b"moment", 6) + struct.pack("<Q", bias))), dictionary)
    name = w.dataset(None, space(), w.variable(b"adam", 4), symbol)
    flags = w.dataset(BOOL, space(3), bytes([1, 0, 1]))
    items = w.dataset(REFERENCE, space(3), struct.pack("<QQQ", weight, 0, flags))
    none = w.header((1, 0, space(null=True)), (3, 2, struct.pack("<BBQ", 3, 2, nothing)),
                    (8, 0, struct.pack("<BBH", 4, 0, 0)))
    activation = w.header((1, 0, space(null=True)), (3, 2, struct.pack("<BBQ", 3, 2, relu)),
                          (8, 0, struct.pack("<BBH", 4, 0, 0)))
    packed = w.packed(FLOAT32, (3, 2), floats(*range(6)))
    step = w.dataset(INT64, space(), struct.pack("<q", 7))
    types = w.group(**{f"{i + 1:08d}": at for i, at in enumerate(
        [w.data_type, relu, nothing, symbol, dense, bare, layers, chain, pair, dictionary])})
    root = w.group(_types=types, model=model, step=step, opt=adam, name=name, items=items, none=none,
                   activation=activation, packed=packed)

    end = BASE + len(w.out)
    block = b"\x89HDF\r\n\x1a\n" + bytes([2, 8, 8, 0]) + struct.pack(
        "<QQQQ", BASE, 0xFFFFFFFFFFFFFFFF, end, root)
    w.out[:48] = block + struct.pack("<I", lookup3(block))
    preamble = b"HDF5-based Julia Data Format, version 0.1.1\0 (Julia 1.9.0 64-bit LE)\0"
    (HERE / "model.jld2").write_bytes(preamble.ljust(BASE, b"\0") + bytes(w.out))


main()
