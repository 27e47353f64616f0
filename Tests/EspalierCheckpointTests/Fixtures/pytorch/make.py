"""Makes the fixtures in this folder: python make.py (needs torch)."""

import collections
import io
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


class Scaled(torch.nn.Module):
    """Its forward pass has a tensor that tracing makes a constant."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))

    def forward(self, x):
        return x @ self.weight * torch.tensor([0.5, 0.25])


traced = torch.jit.trace(Scaled(), torch.ones(1, 2))
torch.jit.save(traced, here / "traced.pt")
# Freezing makes constants of all weights.
torch.jit.save(torch.jit.freeze(traced.eval()), here / "frozen.pt")


def saved(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


# As Stable-Baselines3 lays an agent out, but compressed, as an archiver does it.
with zipfile.ZipFile(here / "agent.zip", "w") as archive:
    members = {
        "policy.pth": saved({"weight": torch.arange(6.0).view(2, 3), "bias": torch.ones(2)}),
        "policy.optimizer.pth": saved({"state": {0: {"step": torch.tensor(3.0)}}}),
        "_stable_baselines3_version": b"2.3.0",
    }
    for name, content in members.items():
        archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
