"""Plan a pass: one snapshot of the cluster in, decisions with their reasons out. Pure."""
