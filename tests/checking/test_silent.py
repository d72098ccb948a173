"""What is meant is not found: the cases that each check promises to leave alone."""

from __future__ import annotations

import pytest

from .programs import found_at

TRAIN = """
x = torch.linspace(-1, 1, 20).unsqueeze(1)
y = x**2
model = nn.Sequential(nn.Linear(1, 4), nn.Dropout(0.5), nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
def step():
    loss = nn.functional.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss
"""

MEANT = {
    "inf that is masked before anybody sees it": ("torch", """
x = torch.tensor([1.0, 0.0])
print(torch.where(x > 0, torch.log(x), torch.zeros(2)))
"""),
    "inf that was written": ("torch", """
scores = torch.ones(2, 2).masked_fill(torch.tensor([[True, False], [False, False]]), -float("inf"))
print(scores, torch.softmax(scores, 1))
"""),
    "inf that was fed": ("tf", """
x = tf.placeholder(tf.float32, [None])
with tf.Session() as s:
    s.run(x * 2.0, {x: [np.inf, np.nan]})
"""),
    "a table of distances": ("torch", """
w = torch.ones(5, requires_grad=True)
loss = (w.unsqueeze(1) - w).abs().sum() + (w[:, None] - w[None, :]).square().mean()
loss.backward()
"""),
    "attention along the first axis": ("torch", """
w = torch.randn(4, 3, requires_grad=True)
h = torch.randn(6, 4)
weights = torch.softmax(h @ w, dim=0)
(weights.T @ h).sum().backward()
"""),
    "a softmax of logarithms": ("torch", """
w = torch.randn(4, 3, requires_grad=True)
logs = torch.log_softmax(torch.randn(6, 4) @ w, dim=1)
nn.functional.cross_entropy(logs, torch.tensor([0, 1, 2, 0, 1, 2])).backward()
"""),
    "gradients of several batches before a step": ("torch", TRAIN + """
for _ in range(4):
    optimizer.zero_grad()
    for _ in range(3):
        nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
"""),
    "gradients that are set to zeros": ("torch", TRAIN + """
for _ in range(4):
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
    for p in model.parameters():
        p.grad.zero_()
for _ in range(4):
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=False)
"""),
    "two networks against each other": ("torch", """
g, d = nn.Linear(2, 2), nn.Linear(2, 1)
of_g, of_d = torch.optim.SGD(g.parameters(), lr=0.01), torch.optim.SGD(d.parameters(), lr=0.01)
for _ in range(4):
    fake = g(torch.randn(3, 2))
    of_d.zero_grad()
    (d(fake.detach()).mean() - d(torch.randn(3, 2)).mean()).backward()
    of_d.step()
    of_g.zero_grad()
    d(fake).mean().backward()
    of_g.step()
"""),
    "layers that are frozen": ("torch", TRAIN + """
model[0].requires_grad_(False)
optimizer = torch.optim.SGD(model[2].parameters(), lr=0.1)
for _ in range(3):
    step()
"""),
    "losses that are detached, or numbers": ("torch", TRAIN + """
losses, kept, average = [], [], 0.0
for _ in range(30):
    loss = step()
    losses.append(loss.item())
    kept.append(loss.detach())
    average = 0.9 * average + 0.1 * loss.detach()
"""),
    "dropout in evaluation mode": ("torch", TRAIN + """
for _ in range(3):
    step()
model.eval()
with torch.no_grad():
    model(x)
"""),
    "one layer that is called twice": ("torch", """
layer = nn.Linear(2, 2)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
layer(layer(torch.ones(1, 2))).sum().backward()
optimizer.step()
"""),
    "memory that is filled before it is read": ("torch", """
x = torch.empty(3, 2)
x[0] = 1.0
x[1:] = 2.0
y = torch.empty_like(x).copy_(x)
w = nn.Parameter(torch.empty(2, 2))
nn.init.xavier_uniform_(w)
print((x + y) @ w)
"""),
    "a part of a model that is loaded": ("torch", """
model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
model.load_state_dict(nn.Sequential(nn.Linear(2, 2)).state_dict(), strict=False)
"""),
    "a compiled function for a few kinds": ("torch", """
f = torch.compile(lambda x, n: x * n)
for i in range(60):
    f(torch.ones(2), i % 12)
"""),
    "variables that another loss trains": ("tf", """
a, b = tf.Variable(1.0), tf.Variable(1.0)
one = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a * b), var_list=[a])
two = tf.train.GradientDescentOptimizer(0.1).minimize(tf.square(a - b), var_list=[b])
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    s.run([one, two])
"""),
    "a graph that is built in a loop": ("tf", """
x = y = tf.placeholder(tf.float32, [])
for _ in range(20):
    y = y * 2.0
with tf.Session() as s:
    for _ in range(20):
        s.run(y, {x: 1.0})
"""),
    "a helper that runs what it is given": ("tf", """
session = tf.Session()
def show(t):
    return session.run(t)
t = [tf.constant(1.0) * i for i in range(20)]
show(t[0]); show(t[1]); show(t[2]); show(t[3])
show(t[4]); show(t[5]); show(t[6]); show(t[7])
show(t[8]); show(t[9]); show(t[10]); show(t[11])
show(t[12]); show(t[13]); show(t[14]); show(t[15])
show(t[16]); show(t[17]); show(t[18]); show(t[19])
"""),
    "variables that are read one by one": ("tf", """
variables = [tf.Variable(float(i)) for i in range(20)]
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for v in variables:
        s.run(v)
"""),
    "a loss that begins near 0": ("torch", """
w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.1)
for i in range(12):
    optimizer.zero_grad()
    (-w.sum() - 1e-6).backward()
    optimizer.step()
"""),
    "a first look at a model's output": ("torch", TRAIN + """
with torch.no_grad():
    print(model(x).shape)
for _ in range(3):
    step()
"""),
    "layers of all kinds": ("torch", """
x = torch.randn(2, 3, 8, 8)
image = nn.Sequential(
    nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(), nn.ConvTranspose2d(4, 2, 3), nn.GroupNorm(1, 2)
)
words = nn.Embedding(5, 6)(torch.tensor([[0, 1, 2], [3, 4, 0]]))
for kind in (nn.LSTM, nn.GRU, nn.RNN):
    words = kind(6, 6, batch_first=True)(words)[0]
print(image(x).mean().item(), nn.LayerNorm(6)(words).sum().item())
print(nn.Bilinear(2, 2, 2)(torch.ones(1, 2), torch.ones(1, 2)))
"""),
    "a buffer that is filled after the gradient": ("torch", """
w = torch.ones(3, requires_grad=True)
data = np.ones(3, np.float32)
for i in range(3):
    data[:] = i
    (w * torch.from_numpy(data)).sum().backward()
kept = (w + torch.from_numpy(data)).sum()
data[:] = 7
kept.backward()
"""),
    "a gradient that is there for itself": ("torch", TRAIN + """
for _ in range(3):
    step()
other = nn.Linear(1, 1)
other(x).sum().backward()
print(other.weight.grad)
"""),
    "a gradient beside an optimizer, on a tape": ("tf2", """
w, v = tf.Variable(1.0), tf.Variable(2.0)
optimizer = tf.optimizers.SGD(0.1)
for _ in range(2):
    with tf.GradientTape() as tape:
        loss = w * w
    optimizer.apply_gradients([(tape.gradient(loss, w), w)])
    with tf.GradientTape() as tape:
        loss = v * v
    v.assign_sub(0.1 * tape.gradient(loss, v))
"""),
    "a rate that is fed": ("tf", """
rate = 0.5
w = tf.Variable(1.0)
lr = tf.placeholder_with_default(rate, [])
train = tf.train.GradientDescentOptimizer(lr).minimize(tf.square(w))
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for _ in range(5):
        s.run(train, {lr: rate})
        rate = rate * 0.5
"""),
    "gradients that are summed and emptied": ("tf", """
w = tf.Variable(1.0)
total = tf.Variable(0.0, trainable=False)
add = tf.assign_add(total, tf.gradients(tf.square(w), w)[0])
clear = total.assign(0.0)
apply = tf.train.GradientDescentOptimizer(0.1).apply_gradients([(total, w)])
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    for _ in range(3):
        s.run(clear); s.run(add); s.run(apply)
"""),
    "dropout at a rate that is fed": ("tf", """
x = tf.placeholder(tf.float32, [None, 4])
keep = tf.placeholder(tf.float32, [])
loss = tf.reduce_mean(tf.layers.dense(tf.nn.dropout(x, keep), 1))
train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
with tf.Session() as s:
    s.run(tf.global_variables_initializer())
    s.run(train, {x: np.ones((2, 4)), keep: 0.5})
    s.run(loss, {x: np.ones((2, 4)), keep: 1.0})
"""),
    "a type that is asked for": ("torch", """
model = nn.Linear(1, 1)
y = torch.from_numpy(np.ones((5, 1)))
out = model(torch.ones(5, 1))
((out.double() - y).square().mean() + (out.to(torch.float64) * y).sum()).backward()
"""),
    "labels of which some are rare": ("torch", """
model = nn.Linear(2, 4)
for labels in ([1, 2, 3] * 10, [0, 1, 2] * 10):
    nn.functional.cross_entropy(model(torch.randn(30, 2)), torch.tensor(labels))
nn.functional.cross_entropy(model(torch.randn(30, 2)), torch.tensor([1, 2] * 15))
"""),
    "one-hot rows for nothing": ("tf", """
y = tf.placeholder(tf.int32, [None])
with tf.Session() as s:
    s.run(tf.one_hot(y, 3), {y: [-1, 0, 2]})
"""),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_is_not_found(name: str) -> None:
    style, body = MEANT[name]
    assert found_at(body, style) == {}
