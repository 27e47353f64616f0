"""Prints what torch.load(weights_only=True) finds in a file, as JSON."""

import json
import sys

import torch

storages = {}


def show(value):
    if isinstance(value, torch.Tensor):
        data = value.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        key = storages.setdefault(value.untyped_storage().data_ptr(), len(storages))
        return {"dtype": str(value.dtype), "shape": list(value.shape), "bytes": data.hex(), "storage": key}
    if isinstance(value, dict):
        return {"items": [[name, show(item)] for name, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {"list": [show(item) for item in value]}
    return {"value": repr(value)}


print(json.dumps(show(torch.load(sys.argv[1], weights_only=True)), sort_keys=True))
