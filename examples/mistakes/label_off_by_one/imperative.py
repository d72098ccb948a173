"""Labels count from 1, classes from 0.

PyTorch says "Target 3 is out of bounds" where the loss is computed.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.randn(12, 4)
labels = torch.tensor([1, 2, 3] * 4)

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

logits = model(x)
loss = nn.functional.cross_entropy(logits, labels)  # FAULT
optimizer.zero_grad()
loss.backward()
optimizer.step()
print("loss", loss.item())
