"""NumPy makes float64, the weights are float32. PyTorch refuses to mix them when the layer runs."""

import numpy as np

import bifront.imperative as torch
from bifront.imperative import nn

data = np.random.default_rng(0).normal(size=(20, 3))

x = torch.from_numpy(data)  # FAULT
model = nn.Linear(3, 1)
prediction = model(x)
print(prediction)
