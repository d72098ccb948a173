"""The history is cut off behind the first layer.

PyTorch trains the rest without a word; the first layer's grad is None.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x**2

encoder = nn.Linear(1, 8)
head = nn.Linear(8, 1)
parameters = [*encoder.parameters(), *head.parameters()]
optimizer = torch.optim.SGD(parameters, lr=0.1)

for _ in range(50):
    hidden = torch.tanh(encoder(x))
    hidden = hidden.detach()  # FAULT
    loss = nn.functional.mse_loss(head(hidden), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("loss", loss.item(), "gradient", encoder.weight.grad)
