"""A trained model and its training step, left as text and arrays in the folder that is named; PyTorch style."""

import sys
from pathlib import Path

import numpy as np

import bifront.imperative as torch
from bifront.imperative import nn

folder = Path(sys.argv[1])
points = torch.from_numpy(np.linspace(-3, 3, 64, dtype=np.float32)[:, None])

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(1, 32))
        self.b1 = nn.Parameter(torch.zeros(32))
        self.w2 = nn.Parameter(torch.randn(32, 1) * 0.1)

    def forward(self, x):
        return torch.tanh(x @ self.w1 + self.b1) @ self.w2


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def train_step(x, y):
    loss = torch.mean((model(x) - y) ** 2) + 0.001 * torch.sum(model.w1**2)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


for _ in range(100):
    train_step(points, torch.sin(points))

for name, parameter in model.named_parameters():
    np.save(folder / f"{name}.npy", parameter.detach().numpy())
np.save(folder / "x.npy", points.numpy())

# Eager, a model is its parameters and this source.
torch.save(model.state_dict(), folder / "model.pt")

# Traced, it is a graph.
traced = torch.trace(model)(points)
np.save(folder / "expected.npy", traced.outputs.detach().numpy())
(folder / "model.bf").write_text(traced.graph.to_text())
(folder / "training.bf").write_text(
    torch.trace(train_step)(points, torch.sin(points)).graph.to_text()
)
