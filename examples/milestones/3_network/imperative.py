"""A trained network: a sine, learned from points on it."""

import numpy as np

import bifront.imperative as torch
from bifront.imperative import nn

points = np.linspace(-3, 3, 64, dtype=np.float32)[:, None]

torch.manual_seed(0)
x = torch.from_numpy(points)
y = torch.sin(x)
w1 = nn.Parameter(torch.randn(1, 32))
b1 = nn.Parameter(torch.zeros(32))
w2 = nn.Parameter(torch.randn(32, 1) * 0.1)
b2 = nn.Parameter(torch.zeros(1))


def predict(x):
    return torch.tanh(x @ w1 + b1) @ w2 + b2


optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=0.05)

for _ in range(500):
    loss = torch.mean((predict(x) - y) ** 2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    now = loss.item()
print(now)
