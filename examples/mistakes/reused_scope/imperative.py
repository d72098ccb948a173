"""A list times three holds one layer three times.

PyTorch trains one set of weights, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x**2

hidden = [nn.Linear(8, 8), nn.Tanh()] * 3  # FAULT
model = nn.Sequential(nn.Linear(1, 8), *hidden, nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(20):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
