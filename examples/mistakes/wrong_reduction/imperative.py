"""The losses of a batch are not reduced to one.

PyTorch says so at `backward()`: only for scalar outputs.
"""

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

x = torch.randn(12, 4)
labels = torch.tensor([0, 1, 2] * 4)

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(20):
    loss = F.cross_entropy(model(x), labels, reduction="none")  # FAULT
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.mean().item())
