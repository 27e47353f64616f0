"""Makes the fixtures in this folder: python make.py (needs torch and numpy)."""

import pathlib

import numpy as np
import torch

here = pathlib.Path(__file__).parent
base = torch.arange(6, dtype=torch.float32)
torch.save(
    {
        "a.weight": base.view(2, 3),
        "tied": base.view(2, 3),
        "turned": base.view(2, 3).t(),
        "tail": torch.nn.Parameter(base[4:], requires_grad=False),
        "count": torch.tensor(7),
        "list": [np.array([[1, 2], [3, 4]], dtype=">i2", order="F"), None],
    },
    here / "small.pt",
    _use_new_zipfile_serialization=False,
)
