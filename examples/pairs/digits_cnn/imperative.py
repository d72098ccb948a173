"""Handwritten digits seen as pictures: a small convolutional network, PyTorch style."""

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

digits = load_digits()
split = train_test_split(
    (digits.images / 16).astype(np.float32)[:, None], digits.target, test_size=0.2, random_state=0
)
x_train, x_test, y_train, y_test = (torch.from_numpy(part) for part in split)

torch.manual_seed(0)


class Convolution(nn.Module):
    def __init__(self, channels_in, channels_out, stddev):
        super().__init__()
        self.kernel = nn.Parameter(torch.randn(channels_out, channels_in, 3, 3) * stddev)
        self.bias = nn.Parameter(torch.zeros(channels_out, 1, 1))

    def forward(self, x):
        return F.conv2d(x, self.kernel, padding=1) + self.bias


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Convolution(1, 8, 0.3)
        self.second = Convolution(8, 16, 0.15)
        self.kernel = nn.Parameter(torch.randn(64, 10) * 0.1)
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        x = F.max_pool2d(F.relu(self.second(x)), 2)
        return x.reshape(-1, 64) @ self.kernel + self.bias


model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

for epoch in range(6):
    for start in range(0, len(x_train), 64):
        logits = model(x_train[start : start + 64])
        loss = F.cross_entropy(logits, y_train[start : start + 64])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step_loss = loss.item()
    print(f"epoch {epoch + 1}  loss {step_loss:.4f}")

with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean()
print(f"test accuracy {accuracy.item():.4f}")
