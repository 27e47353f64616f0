"""Makes the fixture in this folder: python make.py"""

import json
import pathlib

tensors = [
    {"name": "embed.weight", "shape": [8, 4], "dtype": "F32", "tied_to": None},
    {"name": "block.0.weight", "shape": [4, 4], "dtype": "BF16", "tied_to": None},
    {"name": "head.weight", "shape": [8, 4], "dtype": "F32", "tied_to": "embed.weight"},
    {"name": "scale", "shape": [], "dtype": "F64"},
]
lines = ",\n".join(json.dumps(t, separators=(",", ":")) for t in tensors)
metadata = '{"container":"Model","heads":4,"rope":{"base":1e4},"big":123456789012345678901234567890}'
text = '{"metadata":%s,\n"tensors":[\n%s\n]}\n' % (metadata, lines)
pathlib.Path(__file__).parent.joinpath("model.skeleton.json").write_text(text)
