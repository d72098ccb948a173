"""Kinds of iris: flowers drift along a learned flow, in steps as small as it takes; PyTorch style."""

import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import scale

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

data = load_iris()
split = train_test_split(
    scale(data.data).astype(np.float32), data.target, test_size=0.2, random_state=0
)
x_train, x_test, y_train, y_test = (torch.from_numpy(part) for part in split)
TOLERANCE = 0.01

torch.manual_seed(0)


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(4, 16) * 0.5)
        self.b1 = nn.Parameter(torch.zeros(16))
        self.w2 = nn.Parameter(torch.randn(16, 4) * 0.5)
        self.kernel = nn.Parameter(torch.randn(4, 3) * 0.5)
        self.bias = nn.Parameter(torch.zeros(3))

    def velocity(self, at):
        return torch.tanh(at @ self.w1 + self.b1) @ self.w2

    def forward(self, at):
        """Heun's method. Euler's tells how wrong a step may be: then it is done again, smaller."""
        time, step, steps = torch.tensor(0.0), torch.tensor(0.5), torch.tensor(0)
        while time < 1.0:
            step = torch.minimum(step, 1.0 - time)
            first = self.velocity(at)
            second = self.velocity(at + step * first)
            error = (second - first).detach().abs().max() * step / 2.0
            good = error <= TOLERANCE
            at = torch.where(good, at + step * (first + second) / 2.0, at)
            time = torch.where(good, time + step, time)
            step = step * torch.clamp(0.9 * torch.sqrt(TOLERANCE / error), 0.2, 5.0)
            steps = steps + 1
        return at @ self.kernel + self.bias, steps


model = Flow()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


@torch.compile
def train_step(x, y):
    logits, steps = model(x)
    loss = F.cross_entropy(logits, y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss, steps


@torch.compile
def count_right(x, y):
    with torch.no_grad():
        logits, _ = model(x)
        return (logits.argmax(1) == y).sum()


for epoch in range(10):
    for at in range(0, len(x_train), 16):
        loss, steps = train_step(x_train[at : at + 16], y_train[at : at + 16])
        step_loss, taken = loss.item(), steps.item()
    print(f"epoch {epoch + 1:2d}  loss {step_loss:.4f}  steps {taken}")
print(f"test accuracy {count_right(x_test, y_test).item() / len(x_test):.4f}")
