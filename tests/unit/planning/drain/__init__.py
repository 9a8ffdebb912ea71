"""A drain: what happens to each pod, and what blocks it."""
