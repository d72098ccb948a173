"""Handwritten digits in PyTorch style: the network is a Python program that computes as it runs."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn, optim

digits = load_digits()
split = train_test_split(
    (digits.data / 16).astype(np.float32), digits.target, test_size=0.2, random_state=0
)
x_train, x_test, y_train, y_test = (torch.from_numpy(part) for part in split)

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1 = nn.Parameter(torch.randn(64, 128) * 0.1)
        self.b1 = nn.Parameter(torch.zeros(128))
        self.w2 = nn.Parameter(torch.randn(128, 128) * 0.1)
        self.b2 = nn.Parameter(torch.zeros(128))
        self.w3 = nn.Parameter(torch.randn(128, 10) * 0.1)
        self.b3 = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        hidden = F.relu(x @ self.w1 + self.b1)
        hidden = F.relu(hidden @ self.w2 + self.b2)
        return hidden @ self.w3 + self.b3


model = Net()
optimizer = optim.SGD(model.parameters(), lr=0.2)

shuffle = np.random.default_rng(0)
for epoch in range(20):
    order = shuffle.permutation(len(x_train))
    for start in range(0, len(order), 64):
        batch = order[start : start + 64]
        loss = F.cross_entropy(model(x_train[batch]), y_train[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step_loss = loss.item()
    print(f"epoch {epoch + 1:2d}  loss {step_loss:.4f}")

with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean()
print(f"test accuracy {accuracy.item():.4f}")
