"""Digits squeezed through eight numbers and drawn again: an autoencoder, PyTorch style."""

import numpy as np
from sklearn.datasets import load_digits

import bifront.imperative as torch
from bifront.imperative import nn

images = torch.from_numpy((load_digits().data / 16).astype(np.float32))

torch.manual_seed(1)


class Layer(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n_in, n_out) * 0.2)
        self.b = nn.Parameter(torch.zeros(n_out))

    def forward(self, x):
        return x @ self.w + self.b


model = nn.Sequential(Layer(64, 8), nn.Tanh(), Layer(8, 64), nn.Sigmoid())
optimizer = torch.optim.SGD(model.parameters(), lr=2.0, momentum=0.9)

for epoch in range(15):
    for start in range(0, len(images), 128):
        x = images[start : start + 128]
        loss = torch.square(model(x) - x).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step_loss = loss.item()
    print(f"epoch {epoch + 1:2d}  reconstruction error {step_loss:.4f}")
