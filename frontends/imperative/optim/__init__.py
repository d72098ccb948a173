"""``torch.optim``: optimizers with PyTorch's formulas, and learning-rate schedules."""
