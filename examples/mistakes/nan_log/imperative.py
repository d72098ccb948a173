"""The log of a probability that is 0 shows three layers later, as nan.

PyTorch prints it without a word.
"""

import bifront.imperative as torch

scores = torch.tensor([[0.0, 200.0], [3.0, 1.0]])

probabilities = torch.softmax(scores, dim=1)
logs = torch.log(probabilities)  # FAULT
entropy = -(probabilities * logs).sum(dim=1)
penalty = entropy.mean()
loss = 1.0 + 0.1 * penalty
print("loss", loss.item())
