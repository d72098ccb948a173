"""Which language is a name from? A GRU reads it letter by letter: PyTorch style."""

from names import LANGUAGES, LETTERS, load

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

UNITS = 32

torch.manual_seed(0)


class GRU(nn.Module):
    def __init__(self):
        super().__init__()
        n = len(LETTERS) + UNITS
        self.gates = nn.Parameter(torch.randn(n, 2 * UNITS) * 0.2)
        self.gate_bias = nn.Parameter(torch.ones(2 * UNITS))
        self.candidate = nn.Parameter(torch.randn(n, UNITS) * 0.2)
        self.candidate_bias = nn.Parameter(torch.zeros(UNITS))
        self.kernel = nn.Parameter(torch.randn(UNITS, len(LANGUAGES)) * 0.2)
        self.bias = nn.Parameter(torch.zeros(len(LANGUAGES)))

    def forward(self, letters):
        h = torch.zeros(1, UNITS)
        for x in letters:
            gates = torch.sigmoid(torch.cat([x, h], 1) @ self.gates + self.gate_bias)
            reset, keep = gates.chunk(2, 1)
            mixed = torch.cat([x, reset * h], 1)
            new = torch.tanh(mixed @ self.candidate + self.candidate_bias)
            h = keep * h + (1 - keep) * new
        return h @ self.kernel + self.bias


model = GRU()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)


@torch.compile
def train_step(letters, language):
    loss = F.cross_entropy(model(letters), language)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


@torch.compile
def guess(letters):
    with torch.no_grad():
        return model(letters).argmax(1)


train_names, test_names = load()
for epoch in range(3):
    total = 0.0
    for x, y in train_names:
        total += train_step(torch.from_numpy(x), torch.from_numpy(y)).item()
    print(f"epoch {epoch + 1}  loss {total / len(train_names):.4f}")
right = sum(guess(torch.from_numpy(x)).item() == y[0] for x, y in test_names)
print(f"test accuracy {right / len(test_names):.4f}")
