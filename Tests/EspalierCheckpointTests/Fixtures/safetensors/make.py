"""Makes the fixtures in this folder: python make.py (needs numpy and safetensors)."""

import json
import pathlib
import struct

import numpy as np
from safetensors.numpy import save, save_file

here = pathlib.Path(__file__).parent


def raw(name, header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    (here / name).write_bytes(struct.pack("<Q", len(text)) + text + data)


def arange(shape, dtype):
    return np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)


# What the reference library writes.
save_file(
    {
        "encoder.layers.10.weight": arange((2, 3), np.float32),
        "encoder.layers.2.weight": arange((3,), np.float16),
        "encoder.bias": arange((4,), np.int64),
        "mask": np.array([True, False, True]),
        "scale": np.array(0.5, dtype=np.float64),
        "empty": np.zeros((0, 7), dtype=np.uint8),
        "encoder": arange((5,), np.int16),
    },
    here / "reference.safetensors",
    metadata={"format": "np"},
)

# What it accepts: other orders, spaces, escapes, null metadata, a field nobody knows.
raw(
    "unusual.safetensors",
    b'  {"b.\\u0061" : {"dtype":"U8","extra":{"x":[1]},"data_offsets":[2, 5],"shape":[3]},\n'
    b'"__metadata__": null,"a":{"data_offsets":[0,2],"shape":[1,1],"dtype":"BF16"},'
    b'"\\u00e9\\"/\\\\":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[5,5]}}   ',
    bytes(range(5)),
)

# Types below a byte, which numpy does not have.
raw(
    "small-types.safetensors",
    {
        "f4": {"dtype": "F4", "shape": [2, 2], "data_offsets": [0, 2]},
        "f6": {"dtype": "F6_E2M3", "shape": [4], "data_offsets": [2, 5]},
        "f8": {"dtype": "F8_E8M0", "shape": [1], "data_offsets": [5, 6]},
        "c64": {"dtype": "C64", "shape": [1], "data_offsets": [6, 14]},
    },
    bytes(range(14)),
)

(here / "nothing.safetensors").write_bytes(save({}))
