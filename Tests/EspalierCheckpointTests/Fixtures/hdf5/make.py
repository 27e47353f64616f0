"""Makes the fixtures for HDF5, Keras and JLD2: `pip install h5py numpy zstandard`, then run this.

`hdf5`, `keras` and `jld2` hold small files for the conformance suite; `hdf5-kinds` holds one file for
each way in which HDF5 stores groups and values, with what h5py reads from it beside it
(`<file>.expected.tsv`).
"""

import hashlib
import json
import pathlib
import zipfile

import h5py
import numpy as np

HERE = pathlib.Path(__file__).parent
KINDS = HERE.parent / "hdf5-kinds"
OLD = ("earliest", "v108")
NEW = ("v110", "v110")
NAMES = {
    "float16": "F16", "float32": "F32", "float64": "F64", "bool": "BOOL", "bfloat16": "BF16",
    "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64", "uint8": "U8", "uint16": "U16",
    "uint32": "U32", "uint64": "U64", "complex64": "C64", "complex128": "C128",
}


def ramp(*shape, dtype="<f4"):
    return (np.arange(int(np.prod(shape))) * 0.5 - 3).astype(dtype).reshape(shape)


def expect(path):
    """Writes what h5py reads."""
    rows = ["#tensor path\tdtype\tshape\tsha256"]

    def walk(group, prefix):
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                continue
            item = group[name]
            if isinstance(item, h5py.Group):
                walk(item, prefix + name + "/")
            elif isinstance(item, h5py.Dataset) and item.shape is not None:
                value = np.asarray(item[()])
                shape = "[" + ",".join(map(str, value.shape)) + "]"
                if h5py.check_string_dtype(item.dtype) and value.shape:
                    rows.append(f"{prefix}{name}\tSTR\t{shape}\t-")
                    continue
                if name == "bf16":
                    # h5py widens them; their bits are the upper halves.
                    bits = (value.view("<u4") >> 16).astype("<u2").tobytes()
                    rows.append(f"{name}\tBF16\t{shape}\t{hashlib.sha256(bits).hexdigest()}")
                    continue
                kind = NAMES.get(value.dtype.newbyteorder("<").name)
                if kind is None:
                    continue
                plain = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
                digest = hashlib.sha256(plain.tobytes()).hexdigest()
                rows.append(f"{prefix}{name}\t{kind}\t{shape}\t{digest}")

    with h5py.File(path, "r") as file:
        walk(file, "")
    pathlib.Path(f"{path}.expected.tsv").write_text("\n".join(rows) + "\n")


def kind(name, fill, libver=NEW, expects=True, **options):
    path = KINDS / name
    with h5py.File(path, "w", libver=libver, **options) as file:
        fill(file)
    if expects:
        expect(path)


# Small files for the conformance suite.


def small_old(file):
    layer = file.create_group("dense")
    layer.create_dataset("kernel:0", data=ramp(2, 3), track_times=False)
    layer.create_dataset("bias:0", data=ramp(3, dtype=">f4"), track_times=False)
    file["tied"] = layer["kernel:0"]
    file.attrs["epoch"] = np.int32(3)


def small_new(file):
    file.create_dataset("w", data=ramp(2, 3), track_times=False)
    file.create_dataset("b", data=ramp(4, dtype="<f2"), chunks=(2,), track_times=False)
    space = h5py.h5s.create_simple((3,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    plist.set_obj_track_times(False)
    made = h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F64LE, space, plist)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp(3, dtype="<f8"))


def keras():
    weights = HERE / "model.weights.h5"
    with h5py.File(weights, "w", libver=NEW) as file:
        variables = file.create_group("layers/dense/vars")
        variables.attrs["name"] = "first"
        variables.create_dataset("0", data=ramp(2, 3), track_times=False)
        variables.create_dataset("1", data=ramp(3), track_times=False)
    config = {
        "class_name": "Sequential",
        "config": {
            "name": "sequential",
            "layers": [{"class_name": "Dense", "config": {"name": "first", "units": 3}}],
        },
    }
    members = {
        "metadata.json": json.dumps({"keras_version": "3.0.0"}).encode(),
        "config.json": json.dumps(config).encode(),
        "model.weights.h5": weights.read_bytes(),
    }
    weights.unlink()
    # Keras stores the members; people who pack the archive anew compress them.
    for file, method in [("model.keras", zipfile.ZIP_STORED), ("deflated.keras", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(HERE.parent / "keras" / file, "w") as archive:
            for name, content in members.items():
                info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                archive.writestr(info, content, method)


def main():
    for name, fill, libver in [("old.h5", small_old, OLD), ("new.h5", small_new, NEW)]:
        with h5py.File(HERE / name, "w", libver=libver) as file:
            fill(file)
    keras()
    KINDS.mkdir(exist_ok=True)
    kind("dense-group.h5", dense_group)
    kind("many-in-old-group.h5", many, libver=OLD)
    kind("user-block.h5", lambda file: file.create_dataset("a", data=ramp(3)), userblock_size=1024)
    kind("chunks.h5", chunks)
    kind("chunks-old.h5", chunks, libver=OLD)
    kind("chunks-latest.h5", chunks, libver=("latest", "latest"))
    kind("chunk-arrays.h5", chunk_arrays)
    kind("packed-arrays.h5", packed_arrays)
    kind("types.h5", types)
    kind("links.h5", links, libver=OLD, expects=False)
    kind("attributes.h5", attributes)
    kind("packed.h5", packed, expects=False)
    kind("zstd.h5", zstd, expects=False)


def dense_group(file):
    group = file.create_group("group")
    for index in range(40):
        group.create_dataset(f"w{index}", data=ramp(2) + index, track_times=False)
    ordered = file.create_group("ordered", track_order=True)
    for name in ["z", "b", "y", "a"]:
        ordered.create_dataset(name, data=ramp(1), track_times=False)
    long = file.create_group("long")
    for index in range(9):
        long.create_dataset("n" * 300 + str(index), data=ramp(1), track_times=False)


def many(file):
    for index in range(300):
        file.create_dataset(f"layer{index}", data=np.float32(index), track_times=False)


def chunks(file):
    data = ramp(10, 7)
    file.create_dataset("single", data=data, chunks=(10, 7))
    file.create_dataset("single-gzip", data=data, chunks=(10, 7), compression="gzip")
    file.create_dataset("edges", data=data, chunks=(4, 3))
    file.create_dataset("gzip", data=data, chunks=(4, 3), compression="gzip")
    file.create_dataset("shuffled", data=data, chunks=(4, 3), compression="gzip", shuffle=True)
    file.create_dataset("checked", data=data, chunks=(4, 3), fletcher32=True)
    file.create_dataset("all", data=data.astype(">f8"), chunks=(4, 3), compression="gzip",
                        shuffle=True, fletcher32=True)
    file.create_dataset("growing", data=data, chunks=(4, 3), maxshape=(None, 7))
    file.create_dataset("growing-second", data=data, chunks=(2, 3), maxshape=(20, None))
    file.create_dataset("growing-both", data=data, chunks=(4, 3), maxshape=(None, None))
    file.create_dataset("growing-gzip", data=data, chunks=(4, 3), maxshape=(None, None),
                        compression="gzip")
    file.create_dataset("limited", data=data, chunks=(2, 2), maxshape=(30, 9), compression="gzip")
    sparse = file.create_dataset("sparse", (9, 9), "<i2", chunks=(3, 3), fillvalue=-7)
    sparse[4, 4] = 5
    file.create_dataset("never", (5, 5), "<f4", chunks=(2, 2), fillvalue=1.5)
    file.create_dataset("empty", (0, 4), "<f4", chunks=(2, 2), maxshape=(None, 4))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 3))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    made = h5py.h5d.create(
        file.id, b"early", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((10, 7)), plist)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, data)


def chunk_arrays(file):
    file.create_dataset("pages", data=ramp(1500, dtype="<i2"), chunks=(1,), maxshape=(1500,))
    file.create_dataset("blocks", data=ramp(1500, dtype="<i2"), chunks=(1,), maxshape=(None,))
    file.create_dataset("tree", data=ramp(30, 50, dtype="<i2"), chunks=(1, 2), maxshape=(None, None))
    holes = file.create_dataset("holes", (2500,), "<i2", chunks=(1,), maxshape=(None,), fillvalue=9)
    holes[2321] = 1
    holes[7] = 2


def packed_arrays(file):
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    file.create_dataset("pages", data=ramp(4400, dtype="<i2"), chunks=(4,), maxshape=(4400,), **options)
    file.create_dataset("blocks", data=ramp(4400, dtype="<i2"), chunks=(4,), maxshape=(None,), **options)
    file.create_dataset("tree", data=ramp(20, 96, dtype=">i2"), chunks=(1, 8), maxshape=(None, None),
                        **options)
    holes = file.create_dataset("holes", (9, 9), "<i2", chunks=(3, 3), fillvalue=9, **options)
    holes[4, 4] = 1


def types(file):
    for name in ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8", "<i1", ">i2", "<i4", ">i8", "<u2", ">u4",
                 "<u8", "<c8", ">c16"]:
        file.create_dataset("t" + name, data=ramp(2, 3).astype(name))
    file.create_dataset("bool", data=np.array([True, False, True]))
    file.create_dataset("scalar", data=np.float64(2.5))
    brain = h5py.h5t.IEEE_F32LE.copy()
    brain.set_fields(15, 7, 8, 0, 7)
    brain.set_precision(16)
    brain.set_size(2)
    brain.set_ebias(127)
    made = h5py.h5d.create(file.id, b"bf16", brain, h5py.h5s.create_simple((5,)))
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp(5))
    file.create_dataset("array", data=np.zeros(2, np.dtype(("<i2", (3,)))) + 4)
    file.create_dataset("text", data="fixed and free")
    file.create_dataset("bytes", data=np.bytes_("fixed"))
    file.create_dataset("texts", data=["a", "bc"])
    file.create_dataset("struct", data=np.zeros(2, [("x", "<i4"), ("y", "<f8", (2,))]))
    file.create_dataset("enum", data=np.array([0, 2], "<i2"),
                        dtype=h5py.enum_dtype({"RED": 0, "BLUE": 2}, basetype="<i2"))
    file.create_dataset("nothing", data=h5py.Empty("<f4"))
    file.create_dataset("opaque", data=np.zeros(2, "V5"))
    file.create_dataset("lists", (2,), h5py.vlen_dtype("<i4"))
    file.create_dataset("references", data=[file["bool"].ref], dtype=h5py.ref_dtype)
    file["named"] = np.dtype("<f4")
    file.create_dataset("of-named", data=ramp(2), dtype=file["named"])


def links(file):
    file.create_dataset("real", data=ramp(2, 2))
    file["hard"] = file["real"]
    file["soft"] = h5py.SoftLink("/real")
    file["dangling"] = h5py.SoftLink("/nowhere")
    file["one"] = h5py.SoftLink("/two")
    file["two"] = h5py.SoftLink("/one")
    group = file.create_group("group")
    group["up"] = file
    group["self"] = group
    group["relative"] = h5py.SoftLink("../real")
    group["same"] = h5py.SoftLink("inside")
    group.create_dataset("inside", data=ramp(3))
    file["again"] = group
    file["to-group"] = h5py.SoftLink("/group")


def attributes(file):
    group = file.create_group("layer")
    for index in range(30):
        group.attrs[f"a{index:02}"] = index
    group.attrs["texts"] = ["x", "yy"]
    group.attrs["numbers"] = ramp(3)
    file.attrs["empty"] = h5py.Empty("<f4")
    file.attrs["text"] = "free"
    file.attrs["json"] = json.dumps({"a": [1]})
    file.create_dataset("w", data=ramp(2)).attrs["on"] = "a dataset"


def zstd(file):
    """Chunks of the filter that JLD2 and hdf5plugin have; h5py itself has it not, so that the chunks
    are written as they are to be stored, and what is expected is known beforehand."""
    import zstandard

    rows = ["#tensor path\tdtype\tshape\tsha256"]
    for name, shuffles in [("plain", False), ("shuffled", True)]:
        data = ramp(10, 6)
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4, 6))
        if shuffles:
            plist.set_shuffle()
        plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
        space = h5py.h5s.create_simple((10, 6))
        made = h5py.h5d.create(file.id, name.encode(), h5py.h5t.IEEE_F32LE, space, plist)
        for row in (0, 4, 8):
            chunk = np.zeros((4, 6), "<f4")
            part = data[row:row + 4]
            chunk[: len(part)] = part
            plain = chunk.tobytes()
            if shuffles:
                plain = np.frombuffer(plain, "u1").reshape(-1, 4).T.tobytes()
            made.write_direct_chunk((row, 0), zstandard.compress(plain, 3), 0)
        rows.append(f"{name}\tF32\t[10,6]\t{hashlib.sha256(data.tobytes()).hexdigest()}")
    (KINDS / "zstd.h5.expected.tsv").write_text("\n".join(rows) + "\n")


def packed(file):
    file.create_dataset("lzf", data=ramp(8, 8), chunks=(4, 4), compression="lzf")
    file.create_dataset("scaled", data=np.arange(64), chunks=(8,), scaleoffset=0)
    file.create_dataset("plain", data=ramp(2))
    external = [("elsewhere.bin", 0, 8)]
    file.create_dataset("external", (2,), "<f4", external=external)
    layout = h5py.VirtualLayout((2,), "<f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (2,))
    file.create_virtual_dataset("virtual", layout)
    file["other-file"] = h5py.ExternalLink("/etc/passwd", "/x")


main()
