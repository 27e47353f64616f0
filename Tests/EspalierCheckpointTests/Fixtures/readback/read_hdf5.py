"""Prints what h5py finds in a file: the path of each array, and the SHA-256 of its values."""

import hashlib
import json
import sys

import h5py
import numpy as np

found = {}


def visit(name, item):
    if isinstance(item, h5py.Dataset) and item.shape is not None and item.dtype.kind in "biufc":
        value = np.asarray(item[()])
        plain = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        found[name] = hashlib.sha256(plain.tobytes()).hexdigest()


with h5py.File(sys.argv[1], "r") as file:
    file.visititems(visit)
json.dump(found, sys.stdout)
