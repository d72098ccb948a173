"""``torch.nn``: modules, their parameters, and the functions that they call."""
