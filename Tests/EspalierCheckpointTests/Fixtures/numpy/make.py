"""Makes the fixtures for NumPy: `pip install numpy`, then run this."""

import io
import pathlib
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent


def member(array, version=None):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version, allow_pickle=True)
    return buffer.getvalue()


def archive(name, members, compression):
    with zipfile.ZipFile(HERE / name, "w", compression) as target:
        for key, content in members.items():
            # A fixed time, so that the same arrays give the same file.
            info = zipfile.ZipInfo(key, (1980, 1, 1, 0, 0, 0))
            info.compress_type = compression
            target.writestr(info, content)


def ramp(*shape, dtype="<f4"):
    return (np.arange(int(np.prod(shape))) * 0.5 - 3).astype(dtype).reshape(shape)


def python2(array):
    """The header that Python 2 wrote: long integers and text with its type."""
    old = member(array)
    shape = "(" + " ".join(f"{n}L," for n in array.shape) + ")"
    text = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    text = text.ljust(117) + "\n"
    assert len(old) == 128 + array.nbytes
    return old[:8] + len(text).to_bytes(2, "little") + text.encode() + old[128:]


nested = np.empty((), object)
nested[()] = {"conv": {"weight": ramp(2, 3), "bias": ramp(2)}, "steps": 7}

plain = {
    "layers.0.weight.npy": member(ramp(2, 3)),
    "layers.0.bias.npy": member(ramp(2)),
    "layers.1.weight.npy": member(np.asfortranarray(ramp(2, 3))),
    "big.npy": member(ramp(2, 2, dtype=">f8")),
    "flags.npy": member(np.array([True, False])),
    "scalar.npy": member(np.array(5, "<i8")),
    "half.npy": member(ramp(3, dtype="<f2")),
    "complex.npy": member(np.array([1 + 2j], "<c8")),
    "empty.npy": member(np.zeros((0, 3), "<f4")),
    "names.npy": member(np.array(["a", "bc"])),
    "old.npy": member(ramp(2), (2, 0)),
    "python2.npy": python2(ramp(2, 2)),
}
archive("plain.npz", plain, zipfile.ZIP_STORED)
archive(
    "deflated.npz",
    {
        "weight.npy": member(ramp(4, 5)),
        "turned.npy": member(np.asfortranarray(ramp(3, 4))),
        "objects.npy": member(nested),
    },
    zipfile.ZIP_DEFLATED,
)
(HERE / "array.npy").write_bytes(member(ramp(3, 2, dtype="<i4")))
(HERE / "objects.npy").write_bytes(member(nested))
