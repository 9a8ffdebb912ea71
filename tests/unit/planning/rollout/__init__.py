"""The decisions for the nodes of one pool."""
