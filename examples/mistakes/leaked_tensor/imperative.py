"""Every loss that is kept in a list keeps its whole history alive.

PyTorch fills the memory, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = 3 * x

model = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

losses = []
for _ in range(50):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss)  # FAULT
print("mean loss", sum(loss.item() for loss in losses) / len(losses))
