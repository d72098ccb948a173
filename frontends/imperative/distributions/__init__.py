"""``torch.distributions``: distributions with sampling, log-probability and entropy."""
