"""A loss that takes logits is given probabilities.

PyTorch takes the softmax of a softmax, and learns slowly.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.randn(12, 4)
labels = torch.tensor([0, 1, 2] * 4)

model = nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(20):
    loss = nn.functional.cross_entropy(model(x), labels)  # FAULT
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
