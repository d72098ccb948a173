"""One run of a graph, node by node, forwards and backwards: pure functions from state to state."""
