"""The plan of a drain: the pods to evict, their order, and the blockers. Pure."""
