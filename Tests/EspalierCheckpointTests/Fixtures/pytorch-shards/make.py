"""Makes the fixtures in this folder: python make.py (needs torch).

A model in two shards and their index, named as Hugging Face's libraries name them.
"""

import collections
import json
import pathlib

import torch

here = pathlib.Path(__file__).parent
embed = torch.arange(8, dtype=torch.float32).view(4, 2)
shards = [
    {"embed.weight": embed, "layers.0.weight": torch.arange(6, dtype=torch.float16).view(3, 2).t()},
    # The second shard holds a tied weight under both of its names.
    {"layers.1.weight": torch.tensor([1.0, 2.0])},
]
shards[1]["norm.weight"] = shards[1]["head.weight"] = torch.tensor([5.0, 6.0])
weight_map = {}
for number, tensors in enumerate(shards, 1):
    name = f"pytorch_model-{number:05}-of-{len(shards):05}.bin"
    torch.save(collections.OrderedDict(tensors), here / name)
    weight_map.update({key: name for key in tensors})
index = {"metadata": {"total_size": 60}, "weight_map": weight_map}
(here / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")
