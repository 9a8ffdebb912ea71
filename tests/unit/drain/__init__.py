"""The attempt to drain a node, without a cluster."""
