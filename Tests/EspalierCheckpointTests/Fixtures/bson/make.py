"""Makes `model.bson`, `values.bson` and `from-32-bit.bson`: what BSON.jl 0.3 writes for a model in Flux and
for other values, byte by byte, as the package needs Julia. pymongo's `bson.decode` reads them as well.
"""

import pathlib
import struct

HERE = pathlib.Path(__file__).parent


class Int32(int):
    """Julia's Int32; other whole numbers are Int64."""


def element(key, value):
    key = key.encode() + b"\0"
    match value:
        case None:
            return b"\x0a" + key
        case bool():
            return b"\x08" + key + bytes([value])
        case Int32():
            return b"\x10" + key + struct.pack("<i", value)
        case int():
            return b"\x12" + key + struct.pack("<q", value)
        case float():
            return b"\x01" + key + struct.pack("<d", value)
        case str():
            text = value.encode() + b"\0"
            return b"\x02" + key + struct.pack("<i", len(text)) + text
        case bytes():
            return b"\x05" + key + struct.pack("<iB", len(value), 0) + value
        case dict():
            return b"\x03" + key + document(value.items())
        case list():
            return b"\x04" + key + document((str(i), item) for i, item in enumerate(value))


def document(items):
    body = b"".join(element(key, value) for key, value in items) + b"\0"
    return struct.pack("<i", len(body) + 4) + body


# What BSON.jl lowers Julia's values to.


def kind(name, *parameters):
    return {"tag": "datatype", "params": list(parameters), "name": name.split(".")}


def thing(name, *fields, parameters=()):
    type_ = name if isinstance(name, dict) else kind(name, *parameters)
    return {"tag": "struct", "type": type_, "data": list(fields)}


def primitive(name, data):
    return {"tag": "struct", "type": kind(name), "data": data}


def ref(number):
    return {"tag": "backref", "ref": number}


def symbol(name):
    return {"tag": "symbol", "name": name}


def tuple_(*items):
    return {"tag": "tuple", "data": list(items)}


def svec(*items):
    return {"tag": "svec", "data": list(items)}


def array(type_, size, data):
    type_ = kind(type_) if isinstance(type_, str) else type_
    return {"tag": "array", "type": type_, "size": list(size), "data": data}


def floats(*size_and_values):
    *size, values = size_and_values
    return array("Core.Float32", size, struct.pack(f"<{len(values)}f", *values))


F32 = kind("Core.Float32")
relu = thing("NNlib.#relu")


def model():
    # Shared: a matrix of size (3, 2) whose columns lie side by side, a type, and the type of a function
    # with its code.
    shared = [
        floats(3, 2, [1, 2, 3, 4, 5, 6]),
        kind("Flux.Dense", kind("NNlib.#relu")),
        thing("Core.TypeName", "1.9.0", symbol("#5#6"), svec(symbol("scale")),
              kind("Core.Function"), svec(), svec(), False, False, False, Int32(1),
              [symbol("#5"), [thing("Core.Method", array("Core.Int32", [1], b"\7\0\0\0"))], 2, None]),
    ]
    scaled = {"tag": "jl_anonymous", "params": [], "typename": ref(3)}
    # Parameters that are all numbers are an array of numbers.
    pool = kind("Flux.MaxPool") | {"params": array("Core.Int64", [2], struct.pack("<qq", 2, 4))}
    layers = tuple_(
        thing(ref(2), ref(1), floats(3, [-1, 0, 1]), relu),
        relu,
        thing(ref(2), thing("LinearAlgebra.Transpose", ref(1)), False, thing("Main.Base.#identity")),
        thing(scaled, primitive("Core.Float32", struct.pack("<f", 0.5))),
        thing(pool, tuple_(2, 2), tuple_(0, 0), tuple_(2, 2)))
    return {
        "model": thing("Flux.Chain", layers),
        "args": {"lr": 0.5, "steps": 7, "name": "run 1", "λ": primitive("Core.Float16", b"\0\x38")},
        "opt": thing("Flux.Optimise.Momentum", 0.01, 0.9, thing(
            "Main.Base.IdDict", [ref(1)], [floats(3, 2, [0] * 6)])),
        "_backrefs": shared,
    }


def values():
    # Shared: a gradient, and a value that holds itself.
    shared = [floats(2, [0.25, 0.5]), thing("Main.Node", "loop", ref(2))]
    tracked = thing(
        "Tracker.TrackedArray",
        thing("Tracker.Tracked", primitive("Core.UInt32", b"\1\0\0\0"), None, True, ref(1)),
        floats(2, [7, 8]), ref(1))
    device = thing(
        "CUDA.CuArray",
        thing("CUDA.DeviceBuffer", primitive("Core.Ptr", bytes(8)), 24, True), 24, 0, tuple_(3, 2),
        parameters=[F32, 2, kind("CUDA.DeviceBuffer")])
    named = kind("Core.NamedTuple", tuple_(symbol("W"), symbol("b")), kind("Core.Tuple"))
    return {
        "named": thing(named, tracked, device),
        "encoder": thing("Main.Encoder", floats(1, [9]), symbol("mean")),
        "counts": thing("Main.Base.Dict", ["b", "a"], array("Core.Int32", [2], b"\1\0\0\0\2\0\0\0")),
        "numbered": thing("Main.Base.Dict", array("Core.Int64", [1], struct.pack("<q", 10)), [True]),
        "parameters": thing(
            "Zygote.Params", thing("Zygote.Buffer", [ref(1)], False),
            thing("Zygote.IdSet", thing("Main.Base.IdDict", [ref(1)], array("Core.Nothing", [1], b"")))),
        "items": [array("Core.Any", [1, 2], ["x", None]), b"\1\2\3", {}, tuple_(), F32,
                  {"tag": "ref", "path": ["Main", "Base"]}, ref(2), {"tag": "no tag of BSON.jl's"}],
        "bits": [array(kind("Base.Complex", kind("Core.Int64")), [1], bytes(16)),
                 array(kind("Base.Complex", F32), [1], bytes(8)),
                 array("Core.Nothing", [3], b""),
                 array("Core.Bool", [2, 1], b"\1\0"), array("Core.Float64", [0], b"")],
        "_backrefs": shared,
    }


def write(name, value):
    (HERE / name).write_bytes(document(value.items()))


write("model.bson", model())
write("values.bson", values())
# A Julia of 32 bits has 32-bit sizes, and names Core and Base inside Main.
write("from-32-bit.bson", {
    "obj": {
        "tag": "struct", "data": [["name"], [array("Main.Core.Float32", [Int32(2), Int32(1)],
                                                   struct.pack("<ff", 1, 2))]],
        "type": kind("Main.Base.Dict", kind("Main.Core.String"),
                     kind("Main.Core.Array", kind("Main.Core.Float32"), Int32(2)))}})
