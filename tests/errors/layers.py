"""Mistakes that show far from the line that made the layer: the message names that line, too."""

from __future__ import annotations

from .case import Case

LAYERS = [
    Case(
        "layer_trained_imperative",
        "imperative",
        """
layer = nn.Linear(3, 4)  # MADE
optimizer = optim.SGD(layer.parameters(), lr=0.1)
layer(torch.ones(2, 3)).sum().backward()
optimizer.step()
x = torch.ones(2, 5)  # MADE
y = layer(x)  # FAULT
""",
        ("mat1 and mat2 shapes cannot be multiplied", "2x5", "3x4"),
        ("RuntimeError",),
        ("the weight is f32[4, 3], made here", "inside Linear(in_features=3, out_features=4"),
    ),
    Case(
        "convolution_imperative",
        "imperative",
        """
net = nn.Sequential(
    nn.Conv2d(1, 4, 3),
    nn.Conv2d(2, 4, 3),  # MADE
)
y = net(torch.ones(1, 1, 8, 8))  # FAULT
""",
        ("weight of size [4, 2, 3, 3]", "to have 2 channels, but got 4"),
        ("RuntimeError",),
        ("inside Conv2d(2, 4", "called here", "which was made here"),
    ),
    Case(
        "load_names_imperative",
        "imperative",
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(3, 4)  # MADE

saved = nn.Sequential(nn.Linear(3, 4)).state_dict()
Net().load_state_dict(saved)  # FAULT
""",
        ("Error(s) in loading state_dict for Net",),
        ("RuntimeError",),
        ('Missing key(s) in state_dict: "head.weight"', "head.weight was made here", "To mend it"),
    ),
    Case(
        "load_sizes_imperative",
        "imperative",
        """
saved = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)).state_dict()
first = nn.Linear(3, 4)
second = nn.Linear(4, 1)  # MADE
nn.Sequential(first, second).load_state_dict(saved)  # FAULT
""",
        ("Error(s) in loading state_dict for Sequential",),
        ("RuntimeError",),
        ("size mismatch for 1.weight", "1.weight was made here", "To mend it"),
    ),
    Case(
        "product_imperative",
        "imperative",
        """
layer = nn.Linear(3, 4)  # MADE
x = torch.ones(2, 3, dtype=torch.float64)  # MADE
y = layer(x)  # FAULT
""",
        ("matmul", "element types differ", "f64[2, 3]", "f32[4, 3]"),
        ("RuntimeError",),
        ("operand 2 is f32[4, 3], made here",),
    ),
]
