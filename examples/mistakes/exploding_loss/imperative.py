"""The steps are too long, and the loss grows without bound. PyTorch goes on, to inf and nan."""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-3, 3, 20).unsqueeze(1)
y = 2 * x

torch.manual_seed(0)
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=1.0)  # FAULT

for _ in range(20):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
