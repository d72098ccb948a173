"""The rate was read when the function was traced; to change it later changes nothing.

PyTorch's traces bake it in, too.
"""

import bifront as bf
import bifront.imperative as torch

rate = 0.5


def step(w, x):
    gradient = 2 * x.T @ (x @ w - 3 * x) / len(x)
    return w - rate * gradient  # FAULT


x = torch.linspace(-1, 1, 20).unsqueeze(1)
w = torch.zeros(1, 1)
compiled = bf.compile(torch.trace(step)(w, x).graph)

weights = w.numpy()
for _ in range(20):
    (weights,) = compiled(weights, x.numpy())
    rate = rate * 0.5
print("weights", weights)
