"""A layer has another name than in the file.

PyTorch says "Missing key(s) in state_dict" at `load_state_dict`.
"""

import os
import tempfile

import bifront.imperative as torch
from bifront.imperative import nn


class Trained(nn.Module):
    def __init__(self):
        super().__init__()
        self.output = nn.Linear(4, 2)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)  # FAULT


folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, "model.pt")
torch.save(Trained().state_dict(), path)

model = Network()
model.load_state_dict(torch.load(path))
print(model)
