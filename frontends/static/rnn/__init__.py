"""Recurrent cells, and networks unrolled over a list of inputs."""
