"""A saved model: written to a file, and read back into a fresh model."""

import tempfile

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.tensor([[1.0, 2.0]])
model = nn.Linear(2, 1, bias=False)
before = model(x)

with tempfile.TemporaryDirectory() as folder:
    torch.save(model.state_dict(), f"{folder}/model.pt")
    fresh = nn.Linear(2, 1, bias=False)
    fresh.load_state_dict(torch.load(f"{folder}/model.pt"))
after = fresh(x)
print((before - after).abs().max().item())
