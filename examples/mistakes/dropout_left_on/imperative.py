"""The model is evaluated as it was trained, without `model.eval()`.

PyTorch drops at random, without a word.
"""

import bifront.imperative as torch
from bifront.imperative import nn

x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x**2

model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Dropout(0.5), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

for _ in range(50):
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

with torch.no_grad():
    prediction = model(x)  # FAULT
    print("error", nn.functional.mse_loss(prediction, y).item())
