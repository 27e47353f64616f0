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


def plain(folder, path=""):
    return {"driver": "file", "path": f"{folder}/{path}"}


def expect(folder):
    """Writes what tensorstore reads."""
    rows = ["#tensor path\tdtype\tshape\tsha256"]
    is_database = (folder / "manifest.ocdbt").exists()
    place = store if is_database else plain
    keys = ts.KvStore.open(place(folder)).result().list().result()
    ends = ("/.zarray", "/zarr.json")
    for key in sorted(k.decode() for k in keys if k.decode().endswith(ends)):
        name, end = key.rsplit("/", 1)
        driver = "zarr" if end == ".zarray" else "zarr3"
        array = ts.open({"driver": driver, "kvstore": place(folder, name + "/")}).result()
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


def write3(folder, name, value, codecs, shape=None, **metadata):
    value = np.asarray(value)
    kinds = {"b": "bool"}
    spec = {
        "driver": "zarr3", "kvstore": store(folder, name + "/"), "create": True,
        "metadata": {
            "shape": list(value.shape), "data_type": kinds.get(value.dtype.kind, value.dtype.name),
            "codecs": codecs, **metadata,
        },
    }
    array = ts.open(spec).result()
    if value.size:
        array.write(value).result()
    return array


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


def chunks3():
    """Version 3: shards, and what can be done to chunks."""
    folder = fresh("chunks3-unpacked")

    def codec(name, **configuration):
        return {"name": name, "configuration": configuration} if configuration else {"name": name}

    little, big = codec("bytes", endian="little"), codec("bytes", endian="big")
    zstd, gzip = codec("zstd", level=3), codec("gzip", level=1)
    blosc = codec("blosc", cname="zstd", clevel=1, shuffle="shuffle", typesize=4, blocksize=0)

    def shards(chunk, *codecs, at="end", index=(little, codec("crc32c"))):
        return [codec("sharding_indexed", chunk_shape=chunk, codecs=list(codecs),
                      index_codecs=list(index), index_location=at)]

    def grid(*shape):
        return {"name": "regular", "configuration": {"chunk_shape": list(shape)}}

    write3(folder, "whole", ramp(3, 4), [little])
    write3(folder, "edges", ramp(5, 7), [little, zstd], chunk_grid=grid(2, 3))
    write3(folder, "gzip", ramp(9, dtype="<i4"), [little, gzip], chunk_grid=grid(4))
    write3(folder, "blosc", ramp(2000), [little, blosc, codec("crc32c")])
    write3(folder, "checked", ramp(5), [little, codec("crc32c"), zstd])
    write3(folder, "big", ramp(2, 3, dtype="<f8"), [big, zstd])
    write3(folder, "scalar", np.int64(7), [little])
    write3(folder, "flags", np.array([True, False, True]), [codec("bytes"), zstd])
    write3(folder, "brain", ramp(4).astype("bfloat16"), [little, zstd])
    write3(folder, "complex", ramp(4).astype("<c8"), [little])
    write3(folder, "dots", ramp(4, 4), [little], chunk_grid=grid(2, 2),
           chunk_key_encoding=codec("default", separator="."))
    write3(folder, "older-keys", ramp(4, 4), [little], chunk_grid=grid(2, 2),
           chunk_key_encoding=codec("v2", separator="."))
    write3(folder, "shards", ramp(9, 10), shards([2, 2], little, zstd), chunk_grid=grid(4, 6))
    write3(folder, "shards.first", ramp(9), shards([2], little, at="start"), chunk_grid=grid(4))
    write3(folder, "shards.plain-index", ramp(9), shards([2], big, gzip, index=[big]),
           chunk_grid=grid(4))
    write3(folder, "shards.scalar", np.float64(2.5), shards([], little, zstd))
    write3(folder, "columns", ramp(2, 3), [codec("transpose", order=[1, 0]), little])
    sparse = write3(folder, "fill.minus", np.zeros((0, 2), "<f4"), shards([1, 2], little, zstd),
                    chunk_grid=grid(4, 2), fill_value=-1.5)
    sparse = sparse.resize(exclusive_max=[9, 2]).result()
    sparse[1].write(ramp(2)).result()
    nan = write3(folder, "fill.bits", np.zeros((0,), "<f4"), [little], chunk_grid=grid(2),
                 fill_value="0x7fc00001")
    nan.resize(exclusive_max=[3]).result()
    expect(pack(folder, "chunks3"))


def many():
    """Enough keys for nodes in nodes, with nothing compressed."""
    folder = fresh("many-unpacked")
    for index in range(12):
        write(folder, f"layer.{index}.weight", ramp(index % 4 + 1), "<f4", compressor=None)
    config = {"max_decoded_node_bytes": 600, "compression": None, "max_inline_value_bytes": 8}
    expect(pack(folder, "many", config))


def saved(name="saved", **options):
    """What Orbax writes: lists, dictionaries, numbers and None."""
    import orbax.checkpoint as ocp

    folder = fresh(name)
    tree = {
        "params": {"dense": {"kernel": ramp(3, 2), "bias": ramp(2)}, "layers": [ramp(1), ramp(2)]},
        "step": 7, "nothing": None,
    }
    with ocp.Checkpointer(ocp.PyTreeCheckpointHandler(**{"use_ocdbt": True, **options})) as saver:
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
chunks3()
many()
saved()
saved("folders", use_ocdbt=False)
saved("folders3", use_ocdbt=False, use_zarr3=True)
