"""Makes the fixtures for ONNX: `pip install onnx numpy`, then run this.

`onnx` holds a small file for the conformance suite; `onnx-kinds` holds one file for each way in which
tensors are stored, with what onnx reads from it beside it (`<file>.expected.tsv`).
"""

import hashlib
import pathlib

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import external_data_helper, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
KINDS = HERE.parent / "onnx-kinds"
NAMES = {
    T.FLOAT: "F32", T.UINT8: "U8", T.INT8: "I8", T.UINT16: "U16", T.INT16: "I16", T.INT32: "I32",
    T.INT64: "I64", T.BOOL: "BOOL", T.FLOAT16: "F16", T.DOUBLE: "F64", T.UINT32: "U32",
    T.UINT64: "U64", T.COMPLEX64: "C64", T.COMPLEX128: "C128", T.BFLOAT16: "BF16",
    T.FLOAT8E4M3FN: "F8_E4M3", T.FLOAT8E4M3FNUZ: "F8_E4M3FNUZ", T.FLOAT8E5M2: "F8_E5M2",
    T.FLOAT8E5M2FNUZ: "F8_E5M2FNUZ", T.UINT4: "U4", T.INT4: "I4", T.FLOAT4E2M1: "F4",
    T.FLOAT8E8M0: "F8_E8M0",
}
PACKED = (T.UINT4, T.INT4, T.FLOAT4E2M1)


def ramp(*shape, dtype="<f4"):
    return (np.arange(int(np.prod(shape))) * 0.5 - 3).astype(dtype).reshape(shape)


def model(graph, **more):
    return helper.make_model(
        graph, producer_name="fixture", opset_imports=[helper.make_opsetid("", 21)],
        ir_version=10, **more)


def graph(nodes=(), initializers=(), **more):
    return helper.make_graph(list(nodes), "g", [], [], list(initializers), **more)


def constant(name, tensor):
    return helper.make_node("Constant", [], [name + "_out"], name=name, value=tensor)


def row(path, tensor, folder):
    if tensor.data_type not in NAMES or (tensor.data_type in PACKED and len(tensor.dims) == 3):
        return []
    array = numpy_helper.to_array(tensor, str(folder))
    data = array.tobytes()
    if tensor.data_type in PACKED:
        bits = np.frombuffer(data, np.uint8) & 15
        data = (bits[0::2] | bits[1::2] << 4).astype(np.uint8).tobytes()
    shape = "[" + ",".join(map(str, tensor.dims)) + "]"
    return [f"{path}\t{NAMES[tensor.data_type]}\t{shape}\t{hashlib.sha256(data).hexdigest()}"]


def sparse(path, tensor, folder):
    return row(f"{path}/values", tensor.values, folder) + row(
        f"{path}/indices", tensor.indices, folder)


def walk(graph, prefix, folder):
    rows = []
    for tensor in getattr(graph, "initializer", []):
        rows += row(prefix + tensor.name, tensor, folder)
    for tensor in getattr(graph, "sparse_initializer", []):
        rows += sparse(prefix + tensor.values.name, tensor, folder)
    for number, node in enumerate(graph.node):
        known = node.name or next(iter(node.output), "")
        name = f"{prefix}<node {number} {node.op_type}{' ' + known if known else ''}>"
        for attribute in node.attribute:
            path = f"{name}/{attribute.name}"
            if attribute.HasField("t"):
                rows += row(path, attribute.t, folder)
            if attribute.HasField("sparse_tensor"):
                rows += sparse(path, attribute.sparse_tensor, folder)
            for index, tensor in enumerate(attribute.tensors):
                rows += row(f"{path}/{index}", tensor, folder)
            if attribute.HasField("g"):
                rows += walk(attribute.g, path + "/", folder)
            for index, inner in enumerate(attribute.graphs):
                rows += walk(inner, f"{path}/{index}/", folder)
    return rows


def save(name, made):
    path = KINDS / name
    path.write_bytes(made if isinstance(made, bytes) else made.SerializeToString())
    read = onnx.load(path, load_external_data=False)
    rows = ["#tensor path\tdtype\tshape\tsha256"] + walk(read.graph, "", KINDS)
    for number, function in enumerate(read.functions):
        rows += walk(function, f"<function {number} {function.name}>/", KINDS)
    pathlib.Path(f"{path}.expected.tsv").write_text("\n".join(rows) + "\n")


def typed(name, kind, values, dims, raw=False):
    return helper.make_tensor(name, kind, dims, values, raw=raw)


def small():
    branch = graph([constant("c", typed("", T.INT64, [-1, 300], [2]))],
                   [numpy_helper.from_array(ramp(2), "w")])
    return model(graph(
        [constant("k", numpy_helper.from_array(ramp(3, dtype="<f8"))),
         helper.make_node("If", ["x"], ["y"], then_branch=branch)],
        [numpy_helper.from_array(ramp(2, 3), "fc.weight"), typed("fc.bias", T.FLOAT, [1, 2], [2])]))


def every_type():
    wide = {
        T.FLOAT: [1.5, -2, 0, 3], T.DOUBLE: [1.5, -2, 0, 3], T.COMPLEX64: [1 + 2j, 0, -1j, 5],
        T.COMPLEX128: [1 + 2j, 0, -1j, 5], T.UINT8: [0, 1, 127, 255], T.INT8: [-128, -1, 0, 127],
        T.UINT16: [0, 1, 300, 65535], T.INT16: [-32768, -1, 0, 32767],
        T.INT32: [-(2**31), -1, 0, 2**31 - 1], T.INT64: [-(2**63), -1, 0, 2**63 - 1],
        T.UINT32: [0, 1, 300, 2**32 - 1], T.UINT64: [0, 1, 300, 2**64 - 1],
        T.BOOL: [True, False, True, True],
    }
    tensors = []
    for kind, values in wide.items():
        name = T.DataType.Name(kind).lower()
        tensors.append(typed(name + ".typed", kind, values, [2, 2]))
        array = np.array(values, dtype=helper.tensor_dtype_to_np_dtype(kind)).reshape(2, 2)
        tensors.append(numpy_helper.from_array(array, name + ".raw"))
    for kind in (T.FLOAT16, T.BFLOAT16, T.FLOAT8E4M3FN, T.FLOAT8E4M3FNUZ, T.FLOAT8E5M2,
                 T.FLOAT8E5M2FNUZ, T.FLOAT8E8M0, T.UINT4, T.INT4, T.FLOAT4E2M1):
        name = T.DataType.Name(kind).lower()
        values = [1, 2, 0.5, 4] if kind == T.FLOAT8E8M0 else [1, 2, 0, 4]
        tensors.append(typed(name + ".typed", kind, values, [2, 2]))
        tensor = T(name=name + ".raw", data_type=kind, dims=[2, 2])
        tensor.raw_data = bytes(range(1, 9))[: {T.FLOAT16: 8, T.BFLOAT16: 8}.get(
            kind, 2 if kind in PACKED else 4)]
        tensors.append(tensor)
    tensors.append(typed("odd", T.INT4, [1, -2, 3], [1, 3, 1]))
    tensors.append(typed("words", T.STRING, [b"a", b"bc"], [2]))
    tensors.append(typed("scalar", T.FLOAT, [7], []))
    tensors.append(numpy_helper.from_array(np.zeros((0, 3), "<f4"), "nothing"))
    made = model(graph([], tensors))
    helper.set_model_props(made, {"author": "somebody", "purpose": "tests"})
    return made


def places():
    """Every place in a graph that holds tensors."""
    dense = numpy_helper.from_array(ramp(3), "few")
    where = numpy_helper.from_array(np.array([1, 4, 7], "<i8"), "few_indices")
    few = helper.make_sparse_tensor(dense, where, [3, 3])
    inner = graph([constant("", numpy_helper.from_array(ramp(2)))],
                  [numpy_helper.from_array(ramp(1), "inner.w")])
    outer = graph([helper.make_node("If", ["a"], ["b"], then_branch=inner, else_branch=inner)])
    many = helper.make_node("Custom", [], ["z"], name="many", domain="x")
    attribute = many.attribute.add(name="list", type=onnx.AttributeProto.TENSORS)
    attribute.tensors.extend([numpy_helper.from_array(ramp(2)), numpy_helper.from_array(ramp(3))])
    attribute = many.attribute.add(name="graphs", type=onnx.AttributeProto.GRAPHS)
    attribute.graphs.extend([inner, outer])
    nothing = graph([helper.make_node("If", ["a"], ["b"], then_branch=graph())])
    nodes = [
        helper.make_node("If", ["a"], ["b"], then_branch=nothing, else_branch=nothing),
        helper.make_node("Constant", [], ["s"], sparse_value=few),
        helper.make_node("Loop", ["n"], ["l"], name="loop", body=outer), many,
    ]
    function = helper.make_function(
        "x", "f", [], ["o"], [constant("in_function", numpy_helper.from_array(ramp(4)))],
        [helper.make_opsetid("", 21)])
    made = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("listed", T.FLOAT, [2])], [],
        [numpy_helper.from_array(ramp(2), "listed")], sparse_initializer=[few])
    return model(made, functions=[function])


def varint(value):
    value &= 2**64 - 1
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def unpacked():
    """Numbers one by one and in several runs, which other writers of protobuf may produce."""
    def tensor(name, kind, dims, data):
        dims = b"".join(b"\x08" + varint(n) for n in dims)
        return field(5, dims + b"\x10" + varint(kind) + data + field(8, name))

    f = [np.float32(x).tobytes() for x in (1.5, -2, 3, 4)]
    d = [np.float64(x).tobytes() for x in (1.5, -2)]
    graph = (
        tensor(b"floats", T.FLOAT, [2, 2], b"".join(b"\x25" + x for x in f))
        + tensor(b"runs", T.FLOAT, [4], field(4, f[0] + f[1]) + b"\x25" + f[2] + field(4, f[3]))
        + tensor(b"doubles", T.DOUBLE, [2], b"".join(b"\x51" + x for x in d))
        + tensor(b"integers", T.INT64, [3], b"\x38" + varint(-5) + field(7, varint(2**40) + b"\x00"))
        + tensor(b"bytes", T.INT8, [2], b"\x28" + varint(-128) + b"\x28\x7f")
    )
    return b"\x08\x0a" + field(7, field(2, b"g") + graph) + field(8, b"\x10\x15")


def external():
    weight, bias = ramp(4, 4), ramp(8)
    made = model(graph([], [
        numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(bias, "bias"),
        numpy_helper.from_array(bias, "same"), numpy_helper.from_array(ramp(2), "inside"),
        numpy_helper.from_array(weight, "other")]))
    (KINDS / "external.bin").write_bytes(bytes(16) + weight.tobytes() + bytes(16) + bias.tobytes())
    (KINDS / "external-2.bin").write_bytes(weight.tobytes())
    for index, place in enumerate([(16, 64), (96, 32), (96, 32), None, (None, None)]):
        if place is None:
            continue
        tensor = made.graph.initializer[index]
        name = "external-2.bin" if place[0] is None else "external.bin"
        external_data_helper.set_external_data(tensor, name, offset=place[0], length=place[1])
        tensor.ClearField("raw_data")
    return made


(HERE / "small.onnx").write_bytes(small().SerializeToString())
KINDS.mkdir(exist_ok=True)
save("types.onnx", every_type())
save("places.onnx", places())
save("unpacked.onnx", unpacked())
save("external.onnx", external())
