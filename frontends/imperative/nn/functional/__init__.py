"""``torch.nn.functional``: what layers compute, as functions of tensors."""
