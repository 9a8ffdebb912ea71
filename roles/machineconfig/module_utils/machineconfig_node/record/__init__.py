"""The node's record: what is managed, what is pending, and who may change the node."""
