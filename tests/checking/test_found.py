"""Each check finds its fault, on the faulty line, and nothing else does."""

from __future__ import annotations

import pytest

from .programs import found_at, line_of

TRAIN = """
x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x**2
"""
STEP = """
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""

FAULTS = {
    "nan made by sqrt, seen after other operations": ("nonfinite", "torch", """
x = torch.tensor([1.0, -1.0])
r = torch.sqrt(x)  # HERE
print((2 * r + 1).sum().item())
"""),
    "inf made by a division in a compiled function": ("nonfinite", "torch", """
@torch.compile
def f(x):
    y = 1 / x  # HERE
    return y * 2
f(torch.ones(2)); f(torch.ones(2))
f(torch.tensor([1.0, 0.0]))
f(torch.tensor([1.0, 0.0])).sum().item()
"""),
    "nan that only the loss has": ("nonfinite", "torch", """
w = torch.zeros(3, requires_grad=True)
loss = torch.log(w).sum()  # HERE
loss.backward()
"""),
    "inf from a graph that a session runs": ("nonfinite", "tf", """
x = tf.placeholder(tf.float32, [None])
y = tf.exp(x)  # HERE
z = tf.reduce_sum(y) * 2.0
with tf.Session() as s:
    s.run(z, {x: [1.0]})
    s.run(z, {x: [1000.0]})
"""),
    "nan in a step that changes variables": ("nonfinite", "tf", """
x = tf.placeholder(tf.float32, [None])
w = tf.Variable(1.0)
loss = tf.reduce_mean(tf.log(x) * w)  # HERE
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for _ in range(3):
        s.run(train, {x: [1.0, 0.0]})
"""),
    "targets minus predictions, the other way round": ("silent-broadcast", "torch", TRAIN + """
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):
    loss = (y.squeeze(1) - model(x)).abs().sum()  # HERE
    optimizer.zero_grad(); loss.backward(); optimizer.step()
"""),
    "a parameter that nothing uses": ("gradients", "torch", TRAIN + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.used = nn.Linear(1, 1)
        self.idle = nn.Parameter(torch.zeros(3))  # HERE
    def forward(self, x):
        return self.used(x)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):""" + STEP),
    "a variable that nothing uses": ("gradients", "tf", """
w = tf.Variable(1.0)
idle = tf.Variable(2.0)  # HERE
train = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(w))
"""),
    "gradients that pile up though they are looked at": ("zero-grad", "torch", TRAIN + """
model = nn.Linear(1, 1)
optimizer = torch.optim.Adam(model.parameters())
for _ in range(3):
    loss = nn.functional.mse_loss(model(x), y)
    loss.backward()  # HERE
    float(model.weight.grad.sum())
    optimizer.step()
"""),
    "dropout in the forward of the user's": ("dropout", "torch", TRAIN + """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(1, 1)
        self.drop = nn.Dropout(0.5)
    def forward(self, x):
        return self.drop(self.a(x))
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(3):""" + STEP + """
with torch.no_grad():
    model(x)  # HERE
"""),
    "a loss in a dictionary": ("kept-history", "torch", TRAIN + """
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
seen = {}
for i in range(30):""" + STEP + """
    seen[i] = loss  # HERE
"""),
    "sums of more and more pieces": ("retracing", "tf", """
x = tf.placeholder(tf.float32, [20])
parts = [x[i] * 2.0 for i in range(20)]
with tf.Session() as s:
    for n in range(1, 20):
        s.run(parts[:n], {x: np.ones(20)})  # HERE
"""),
    "a growing list for a compiled function": ("retracing", "torch", """
f = torch.compile(lambda x, n: x * sum(n))
for i in range(12):
    f(torch.ones(2), tuple(range(i)))  # HERE
"""),
    "a layer twice in a list": ("shared-layer", "torch", """
layer = nn.Linear(2, 2)  # HERE
model = nn.Sequential(layer, nn.ReLU(), layer)
"""),
    "memory that is read": ("uninitialized", "torch", """
x = torch.empty(3)  # HERE
x[0] = 1.0
y = x + 1
"""),
    "a renamed layer that is loaded all the same": ("loading", "torch", """
model = nn.Sequential(nn.Linear(2, 2))
model.load_state_dict({"linear.weight": torch.ones(2, 2)}, strict=False)  # HERE
"""),
    "a number in a traced function": ("stale-number", "torch", """
import bifront as bf
def make():
    scale = 2.0
    def f(x):
        return x * scale  # HERE
    run = bf.compile(torch.trace(f)(torch.ones(2)).graph)
    for _ in range(2):
        run(np.ones(2, np.float32))
        scale = scale + 1
make()
"""),
    "labels that count from 1": ("labels", "torch", """
model = nn.Linear(2, 4)
labels = torch.tensor([1, 2, 3] * 10)
loss = nn.functional.cross_entropy(model(torch.randn(30, 2)), labels)  # HERE
"""),
    "labels that count from 1, fed": ("labels", "tf", """
x, y = tf.placeholder(tf.float32, [None, 4]), tf.placeholder(tf.int64, [None])
loss = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x)  # HERE
with tf.Session() as s:
    s.run(loss, {x: np.ones((30, 4)), y: [1, 2, 3] * 10})
"""),
    "a one-hot row of zeros": ("labels", "tf", """
y = tf.placeholder(tf.int32, [None])
rows = tf.one_hot(y, 3)  # HERE
with tf.Session() as s:
    s.run(rows, {y: [1, 2, 3]})
"""),
    "targets of NumPy's type": ("promotion", "torch", """
model = nn.Linear(1, 1)
y = torch.from_numpy(np.ones((5, 1)))
loss = (model(torch.ones(5, 1)) - y).square().mean()  # HERE
loss.backward()
"""),
    "a column minus a vector on a tape": ("silent-broadcast", "tf2", """
w = tf.Variable([[1.0]])
x, y = tf.ones([5, 1]), tf.ones([5])
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((x @ w - y) ** 2)  # HERE
tape.gradient(loss, w)
"""),
    "a variable that is not on the way": ("gradients", "tf2", """
w = tf.Variable(1.0)
idle = tf.Variable(2.0)  # HERE
optimizer = tf.optimizers.SGD(0.1)
for _ in range(2):
    with tf.GradientTape() as tape:
        loss = w * w
    optimizer.apply_gradients(zip(tape.gradient(loss, [w, idle]), [w, idle]))
"""),
    "steps that are too long": ("exploding-loss", "tf2", """
w = tf.Variable(1.0)
optimizer = tf.optimizers.SGD(10.0)  # HERE
losses = []
for _ in range(12):
    with tf.GradientTape() as tape:
        loss = w * w
    optimizer.apply_gradients([(tape.gradient(loss, w), w)])
    losses.append(loss)
"""),
    "a buffer that is filled before the gradient": ("changed-memory", "torch", """
w = torch.ones(3, requires_grad=True)
data = np.ones(3, np.float32)
total = torch.zeros(1)
for i in range(3):
    data[:] = i
    total = total + (w * torch.from_numpy(data)).sum()  # HERE
total.backward()
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_on_its_line(name: str) -> None:
    check, style, body = FAULTS[name]
    assert found_at(body, style) == {check: {line_of(body, style)}}
