"""Which pods a drain evicts, in which order, and what blocks one. Pure."""
