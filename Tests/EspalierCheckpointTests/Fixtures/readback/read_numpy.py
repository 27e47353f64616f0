"""Prints what numpy finds in a file: name, type, shape and values in C order, in hexadecimal."""

import json
import sys

import numpy as np

NAMES = {"f": "F", "i": "I", "u": "U", "b": "BOOL", "c": "C"}


def row(array):
    kind = NAMES[array.dtype.kind]
    little = array.astype(array.dtype.newbyteorder("<"))
    return {
        "dtype": kind if kind == "BOOL" else f"{kind}{array.dtype.itemsize * 8}",
        "shape": list(array.shape),
        "bytes": little.tobytes("C").hex(),
    }


found = np.load(sys.argv[1])
arrays = {"": found} if isinstance(found, np.ndarray) else dict(found)
rows = {name: row(array) for name, array in arrays.items() if array.dtype.kind in NAMES}
json.dump({"metadata": {}, "tensors": rows}, sys.stdout)
