"""Makes the fixtures in this folder: python make.py (needs torch)."""

import collections
import pathlib
import zipfile

import torch

here = pathlib.Path(__file__).parent
base = torch.arange(12, dtype=torch.float32)
weights = collections.OrderedDict(
    {
        "embed.weight": base.view(3, 4),
        "head.weight": base.view(3, 4),  # tied
        "turned": base.view(3, 4).t(),  # a view with other strides
        "tail": base[8:],  # a view with an offset
        "bias": torch.tensor([1, 2, 3], dtype=torch.int64),
        "half": torch.tensor([0.5, -1.0], dtype=torch.bfloat16),
        "flag": torch.tensor(True),
    }
)
torch.save(
    {"epoch": 3, "state_dict": weights, "optimizer": {"lr": 0.1, "step": [torch.ones(1)]}},
    here / "nested.pt",
)

# Members can be compressed, though torch does not do it.
torch.save({"plain": base, "tail": base[8:], "turned": base.view(3, 4).t()}, here / "deflated.pt")
with zipfile.ZipFile(here / "deflated.pt") as archive:
    members = [(info.filename, archive.read(info)) for info in archive.infolist()]
with zipfile.ZipFile(here / "deflated.pt", "w", zipfile.ZIP_DEFLATED) as archive:
    for member, content in members:
        archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)
