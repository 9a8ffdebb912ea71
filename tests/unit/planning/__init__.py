"""The planner: snapshots in, decisions with their reasons out."""
