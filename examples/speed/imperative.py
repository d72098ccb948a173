"""A network of three layers in training, as wide as WIDTH says: PyTorch style, compiled where COMPILED is set."""

import os

import numpy as np

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

WIDTH, BATCH, STEPS = (int(os.environ.get(n, 32)) for n in ("WIDTH", "BATCH", "STEPS"))

chance = np.random.default_rng(0)
data = torch.from_numpy(chance.normal(size=(BATCH, 64)).astype(np.float32))
labels = torch.from_numpy(chance.integers(0, 10, BATCH))

torch.manual_seed(0)
w1 = nn.Parameter(torch.randn(64, WIDTH) * 0.05)
w2 = nn.Parameter(torch.randn(WIDTH, WIDTH) * 0.05)
w3 = nn.Parameter(torch.randn(WIDTH, 10) * 0.05)
optimizer = torch.optim.SGD([w1, w2, w3], lr=0.1)


def train_step(x, y):
    loss = F.cross_entropy(F.relu(F.relu(x @ w1) @ w2) @ w3, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


if os.environ.get("COMPILED"):
    train_step = torch.compile(train_step)

for _ in range(STEPS):
    now = train_step(data, labels).item()
print(f"{now:.4f}")
