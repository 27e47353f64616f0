"""Prints what the reference library finds in a file: name, type, shape and values in hexadecimal."""

import json
import sys

from safetensors import deserialize, safe_open

with open(sys.argv[1], "rb") as file:
    tensors = deserialize(file.read())
with safe_open(sys.argv[1], "np") as file:
    metadata = file.metadata() or {}
    names = list(file.keys())
rows = {
    name: {"dtype": entry["dtype"], "shape": entry["shape"], "bytes": bytes(entry["data"]).hex()}
    for name, entry in tensors
}
assert sorted(names) == sorted(rows)
json.dump({"metadata": metadata, "tensors": rows}, sys.stdout)
