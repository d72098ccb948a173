"""A row without a single positive number becomes 0 / 0, which shows three lines later; PyTorch style."""

import bifront.imperative as torch

rows = torch.tensor([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0], [3.0, 2.0, 1.0]])
w = torch.tensor([1.0, 0.5, 2.0], requires_grad=True)


@torch.compile
def loss_of(x):
    kept = torch.relu(x * w)
    shares = kept / kept.sum(1, keepdim=True)
    entropy = -(shares * torch.log(shares + 1e-6)).sum(1)
    return entropy.mean()


optimizer = torch.optim.SGD([w], lr=0.1)
loss = loss_of(rows)
loss.backward()
optimizer.step()
print(f"loss {loss.item():.4f}")
