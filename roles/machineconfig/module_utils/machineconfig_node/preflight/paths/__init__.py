"""Whether the paths of a change can be replaced, and what else that affects."""
