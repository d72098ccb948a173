"""Pictures are passed as they are, where rows are wanted.

PyTorch says "shapes cannot be multiplied", inside the model.
"""

import bifront.imperative as torch
from bifront.imperative import nn

images = torch.randn(10, 8, 8)

model = nn.Sequential(
    nn.Linear(64, 32),
    nn.ReLU(),
    nn.Linear(32, 10),
    nn.Softmax(dim=1),
)
print(model(images))  # FAULT
