"""One number may be asked, a whole tensor may not.

PyTorch: Boolean value of Tensor with more than one value is ambiguous.
"""

import bifront.imperative as torch

x = torch.arange(6, dtype=torch.float32)
if x > 10.0:  # FAULT
    scaled = x / x.sum()
else:
    scaled = x
print(scaled)
