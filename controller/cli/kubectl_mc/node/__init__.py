"""The caller's own SSH access to a node."""
