"""Layers in a plain list are no part of the module.

PyTorch trains what it knows of, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = [nn.Linear(1, 8), nn.Linear(8, 8)]  # FAULT
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        for layer in self.body:
            x = torch.tanh(layer(x))
        return self.head(x)


x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x**2
model = Network()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(50):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
