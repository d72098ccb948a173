"""Running graphs: one executor, its backends, and what watches it."""
