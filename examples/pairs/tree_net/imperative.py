"""Is an expression a condition? A recursive network reads its parse tree: PyTorch style.

The network is a recursive Python function: it calls itself where the tree branches, and that is all. Compiled, each
shape of tree has a trace of its own, however many trees have it.
"""

from expressions import KINDS, load

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

UNITS = 16

torch.manual_seed(0)


class TreeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.kinds = nn.Parameter(torch.randn(len(KINDS), UNITS) * 0.5)
        self.kernel = nn.Parameter(torch.randn(2 * UNITS, UNITS) * 0.2)
        self.bias = nn.Parameter(torch.zeros(UNITS))
        self.out = nn.Parameter(torch.randn(UNITS, 2) * 0.2)

    def read(self, shape, leaves):
        if isinstance(shape, int):
            return leaves[shape : shape + 1]
        left, right = (self.read(part, leaves) for part in shape)
        return torch.tanh(torch.cat([left, right], 1) @ self.kernel + self.bias)

    def forward(self, shape, leaves):
        return self.read(shape, F.embedding(leaves, self.kinds)) @ self.out


model = TreeNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)


@torch.compile
def train_step(shape, leaves, condition):
    loss = F.cross_entropy(model(shape, leaves), condition)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.compile
def guess(shape, leaves):
    with torch.no_grad():
        return model(shape, leaves).argmax(1)


train_trees, test_trees = load()
for epoch in range(2):
    total = 0.0
    for shape, leaves, y in train_trees:
        total += train_step(shape, torch.from_numpy(leaves), torch.from_numpy(y)).item()
    print(f"epoch {epoch + 1}  loss {total / len(train_trees):.4f}")
right = sum(guess(s, torch.from_numpy(leaves)).item() == y[0] for s, leaves, y in test_trees)
print(f"test accuracy {right / len(test_trees):.4f}")
