"""There is no session; the nearest is a backward pass that is not asked for.

PyTorch's optimizer does nothing, in silence.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = 3 * x

model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(20):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    optimizer.step()  # FAULT
print("loss", loss.item())
