"""How kubectl mc reads a node."""
