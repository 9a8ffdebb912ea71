"""Plan a drain: which pods it evicts, in which order, and what blocks it."""
