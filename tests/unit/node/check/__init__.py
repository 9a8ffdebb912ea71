"""The drift check, and the description of a node's record."""
