"""A cluster in simulated time: the real passes and trackers of runs over simulated ports."""
