"""The desired state of a node, as the controller sends it."""
