"""A parameter is made of memory as it was found.

PyTorch trains what happens to be there, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3, 1))  # FAULT
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return x @ self.weight + self.bias


model = Linear()
print(model(torch.ones(4, 3)))
