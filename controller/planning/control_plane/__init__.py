"""The control plane: what is known of it, and whether it can do without one of its nodes. Pure."""
