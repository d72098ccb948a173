"""``torch.nn.utils``: gradient clipping, parameters as one vector, padding of sequences."""
