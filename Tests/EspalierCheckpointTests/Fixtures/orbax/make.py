"""Makes the fixtures for Orbax: `pip install orbax-checkpoint tensorstore numpy`, then run this.

`orbax` holds the manifest of an empty database for the conformance suite; `orbax-kinds` holds one
folder for each way of storing arrays, with what tensorstore reads from it beside it
(`<folder>.expected.tsv`).
"""

import hashlib
import json
import pathlib
import shutil

import numpy as np
import tensorstore as ts

HERE = pathlib.Path(__file__).parent
KINDS = HERE.parent / "orbax-kinds"
NAMES = {
    "float16": "F16", "float32": "F32", "float64": "F64", "bool": "BOOL", "bfloat16": "BF16",
    "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64", "uint8": "U8", "uint16": "U16",
    "uint32": "U32", "uint64": "U64", "complex64": "C64", "complex128": "C128",
    "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
}


def ramp(*shape, dtype="<f4"):
    return (np.arange(int(np.prod(shape))) * 0.5 - 3).astype(dtype).reshape(shape)


def store(folder, path=""):
    return {"driver": "ocdbt", "base": f"file://{folder}/", "path": path}


def expect(folder):
    """Writes what tensorstore reads."""
    rows = ["#tensor path\tdtype\tshape\tsha256"]
    keys = ts.KvStore.open(store(folder)).result().list().result()
    for key in sorted(k.decode() for k in keys if k.endswith(b"/.zarray")):
        name = key.removesuffix("/.zarray")
        array = ts.open({"driver": "zarr", "kvstore": store(folder, name + "/")}).result()
        value = np.asarray(array.read().result(), order="C")
        kind = NAMES.get(array.dtype.name)
        if kind is None:
            continue
        if value.dtype.kind in "fiuc" and value.dtype.byteorder == ">":
            value = value.astype(value.dtype.newbyteorder("<"))
        shape = "[" + ",".join(map(str, value.shape)) + "]"
        rows.append(f"{name}\t{kind}\t{shape}\t{hashlib.sha256(value.tobytes()).hexdigest()}")
    pathlib.Path(f"{folder}.expected.tsv").write_text("\n".join(rows) + "\n")


def fresh(name):
    folder = KINDS / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def write(folder, name, value, dtype, **metadata):
    spec = {
        "driver": "zarr", "kvstore": store(folder, name + "/"), "create": True,
        "metadata": {"shape": list(np.shape(value)), "dtype": dtype, **metadata},
    }
    array = ts.open(spec).result()
    array.write(value).result()
    return array


def pack(source, name, config=None):
    """Copies a database in one step: no older versions, few files."""
    folder = fresh(name)
    old = ts.KvStore.open(store(source)).result()
    new = ts.KvStore.open({**store(folder), **({"config": config} if config else {})}).result()
    with ts.Transaction() as transaction:
        for key in old.list().result():
            new.with_transaction(transaction).write(key, old.read(key).result().value).result()
    shutil.rmtree(source)
    return folder


def chunks():
    folder = fresh("chunks-unpacked")
    zstd, gzip, zlib = {"id": "zstd", "level": 1}, {"id": "gzip", "level": 1}, {"id": "zlib", "level": 1}
    write(folder, "whole", ramp(3, 4), "<f4", compressor=None)
    write(folder, "edges", ramp(5, 7), "<f4", chunks=[2, 3], compressor=zstd)
    write(folder, "deep", ramp(3, 4, 5, dtype="<f8"), "<f8", chunks=[2, 4, 2], compressor=gzip)
    write(folder, "zlib", ramp(9, dtype="<i4"), "<i4", chunks=[4], compressor=zlib)
    write(folder, "big", ramp(2, 3), ">f4", compressor=zstd)
    write(folder, "slashes", ramp(4, 4), "<f4", chunks=[2, 2], compressor=None,
          dimension_separator="/")
    write(folder, "half", ramp(4, dtype="<f2"), "<f2", compressor=zstd)
    write(folder, "flags", np.array([True, False, True]), "|b1", compressor=zstd)
    write(folder, "brain", ramp(4).astype("bfloat16"), "bfloat16", compressor=zstd)
    write(folder, "complex", ramp(4).astype("<c8"), "<c8", compressor=zstd)
    write(folder, "scalar", np.float64(2.5), "<f8", compressor=zstd)
    write(folder, "none", ramp(0, 3), "<f4", compressor=zstd)
    # Large enough for several pieces of the decompressor.
    write(folder, "zeros", np.zeros((256, 300), "<f4") + 1, "<f4", compressor=zstd)
    for name, fill in [("nan", "NaN"), ("minus", -1.5), ("unset", None)]:
        array = write(folder, "fill." + name, np.zeros((0, 2), "<f4"), "<f4", chunks=[2, 2],
                      fill_value=fill, compressor=zstd)
        array = array.resize(exclusive_max=[5, 2]).result()
        array[0:2].write(ramp(2, 2)).result()
    array = write(folder, "fill.integer", np.zeros((0,), "<i2"), "<i2", chunks=[2], fill_value=-2,
                  compressor=zstd)
    array.resize(exclusive_max=[3]).result()
    for method in ("lz4", "zlib", "zstd", "blosclz"):
        for shuffle in (0, 1, 2):
            packed = {"id": "blosc", "cname": method, "clevel": 5, "shuffle": shuffle}
            # Long enough for several streams in a block.
            value = (np.arange(2000) % 37 * 0.5).astype("<f4")
            write(folder, f"blosc.{method}.{shuffle}", value, "<f4", compressor=packed)
    packed = {"id": "blosc", "cname": "lz4", "clevel": 5, "blocksize": 1024}
    write(folder, "blosc.blocks", (np.arange(1003) // 5).astype("<i2"), "<i2", compressor=packed)
    write(folder, "blosc.few", ramp(4), "<f4", compressor=packed)
    write(folder, "columns", ramp(2, 3), "<f4", order="F", compressor=zstd)
    expect(pack(folder, "chunks"))


def many():
    """Enough keys for nodes in nodes, with nothing compressed."""
    folder = fresh("many-unpacked")
    for index in range(12):
        write(folder, f"layer.{index}.weight", ramp(index % 4 + 1), "<f4", compressor=None)
    config = {"max_decoded_node_bytes": 600, "compression": None, "max_inline_value_bytes": 8}
    expect(pack(folder, "many", config))


def saved():
    """What Orbax writes: lists, dictionaries, numbers and None."""
    import orbax.checkpoint as ocp

    folder = fresh("saved")
    tree = {
        "params": {"dense": {"kernel": ramp(3, 2), "bias": ramp(2)}, "layers": [ramp(1), ramp(2)]},
        "step": 7, "nothing": None,
    }
    with ocp.Checkpointer(ocp.PyTreeCheckpointHandler(use_ocdbt=True)) as saver:
        saver.save(folder, tree)
    # Names the machine's folders, and nobody reads it.
    (folder / "commit_success.txt").unlink(missing_ok=True)
    expect(folder)


def empty():
    folder = fresh("empty")
    kv = ts.KvStore.open(store(folder)).result()
    kv.write("a", b"b").result()
    kv.delete_range(ts.KvStore.KeyRange()).result()
    (HERE / "empty.ocdbt").write_bytes((folder / "manifest.ocdbt").read_bytes())
    shutil.rmtree(folder)


KINDS.mkdir(exist_ok=True)
empty()
chunks()
many()
saved()
