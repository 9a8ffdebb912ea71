"""A cluster in simulated time, on which the real planner and the real runs are played through."""
