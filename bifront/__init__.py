"""bifront: two frontends, one graph."""
