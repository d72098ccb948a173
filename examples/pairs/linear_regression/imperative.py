"""How a disease progresses, from ten measurements of 442 patients: least squares, PyTorch style."""

import numpy as np
from sklearn.datasets import load_diabetes

import bifront.imperative as torch

data = load_diabetes()
x = torch.from_numpy((data.data * 20).astype(np.float32))
target = ((data.target - data.target.mean()) / data.target.std()).astype(np.float32)[:, None]
y = torch.from_numpy(target)

w = torch.zeros(10, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.1)

for step in range(200):
    loss = torch.square(x @ w + b - y).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    step_loss = loss.item()
    if step % 50 == 49:
        print(f"step {step + 1:3d}  mean squared error {step_loss:.4f}")
