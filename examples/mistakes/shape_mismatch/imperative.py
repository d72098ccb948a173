"""A layer deep in a helper is given the wrong width.

PyTorch says "mat1 and mat2 shapes cannot be multiplied" when it runs.
"""

import bifront.imperative as torch
from bifront.imperative import nn


def activated(layer, x):
    return torch.relu(layer(x))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(8, 16)
        self.second = nn.Linear(8, 16)  # FAULT
        self.last = nn.Linear(16, 1)

    def forward(self, x):
        hidden = activated(self.first, x)
        hidden = activated(self.second, hidden)
        return self.last(hidden)


model = Network()
print(model(torch.ones(4, 8)))
