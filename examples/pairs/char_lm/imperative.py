"""An LSTM that learns to write English, letter by letter: PyTorch style."""

import numpy as np
from text import BATCH, LETTERS, batches, drawn, encode

import bifront.imperative as torch
import bifront.imperative.nn.functional as F
from bifront.imperative import nn

UNITS = 64

torch.manual_seed(0)


class Writer(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Parameter(torch.randn(len(LETTERS), UNITS) * 0.1)
        self.gates = nn.Parameter(torch.randn(2 * UNITS, 4 * UNITS) * 0.1)
        self.gate_bias = nn.Parameter(torch.zeros(4 * UNITS))
        self.kernel = nn.Parameter(torch.randn(UNITS, len(LETTERS)) * 0.1)
        self.bias = nn.Parameter(torch.zeros(len(LETTERS)))

    def step(self, x, c, h):
        i, j, f, o = (torch.cat([x, h], 1) @ self.gates + self.gate_bias).chunk(4, 1)
        c = c * torch.sigmoid(f + 1) + torch.sigmoid(i) * torch.tanh(j)
        return c, torch.tanh(c) * torch.sigmoid(o)

    def forward(self, letters, c, h):
        outputs = []
        for x in F.embedding(letters, self.table):
            c, h = self.step(x, c, h)
            outputs.append(h)
        return torch.stack(outputs).reshape(-1, UNITS) @ self.kernel + self.bias, c, h


model = Writer()
optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)


@torch.compile
def train_step(letters, following, c, h):
    logits, c, h = model(letters, c, h)
    loss = F.cross_entropy(logits, following.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss, c, h


@torch.compile
def chances(letter, c, h, temperature):
    with torch.no_grad():
        c, h = model.step(F.embedding(letter, model.table), c, h)
        return F.softmax((h @ model.kernel + model.bias) / temperature, 1), c, h


def sample(start, count):
    """Text that goes on as the network thinks it should."""
    chance = np.random.default_rng(0)
    c, h = torch.zeros(1, UNITS), torch.zeros(1, UNITS)
    text, p = "", None
    while len(text) < count:
        text += start[len(text)] if len(text) < len(start) else LETTERS[drawn(chance, p[0])]
        p, c, h = chances(torch.from_numpy(encode(text[-1])), c, h, torch.tensor(0.5))
        p = p.numpy()
    return text


for epoch in range(4):
    c, h = torch.zeros(BATCH, UNITS), torch.zeros(BATCH, UNITS)
    losses = []
    for x, y in batches():
        loss, c, h = train_step(torch.from_numpy(x), torch.from_numpy(y), c.detach(), h.detach())
        losses.append(loss.item())
    print(f"epoch {epoch + 1}  loss {np.mean(losses):.4f}")
print(sample("the ", 100))
