"""The probabilities sum to 1 over the batch and not over the classes. PyTorch says nothing."""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.randn(12, 4)
labels = torch.tensor([0, 1, 2] * 4)

model = nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(20):
    logs = torch.log_softmax(model(x), dim=0)  # FAULT
    loss = nn.functional.nll_loss(logs, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item())
