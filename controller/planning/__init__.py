"""What is to be done, and why: one snapshot of the cluster in, decisions with reasons out. Pure."""
