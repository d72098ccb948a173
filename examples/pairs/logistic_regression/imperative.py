"""Malignant or benign, from 30 measurements of 569 tumours: logistic regression, PyTorch style."""

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative.utils.data import DataLoader, TensorDataset

data = load_breast_cancer()
x_train, x_test, y_train, y_test = train_test_split(
    data.data, data.target.astype(np.float32)[:, None], test_size=0.2, random_state=0
)
scale = StandardScaler().fit(x_train)
x_train = torch.tensor(scale.transform(x_train).astype(np.float32))
x_test = torch.tensor(scale.transform(x_test).astype(np.float32))
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

w = torch.zeros(30, 1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr=0.05, momentum=0.9)
batches = DataLoader(TensorDataset(x_train, y_train), batch_size=32)

for epoch in range(10):
    for x, y in batches:
        loss = F.binary_cross_entropy_with_logits(x @ w + b, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step_loss = loss.item()
    print(f"epoch {epoch + 1:2d}  loss {step_loss:.4f}")

with torch.no_grad():
    right = (x_test @ w + b > 0).float() == y_test
    accuracy = right.float().mean()
print(f"test accuracy {accuracy.item():.4f}")
