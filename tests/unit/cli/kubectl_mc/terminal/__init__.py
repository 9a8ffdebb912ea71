"""How kubectl mc writes its output."""
