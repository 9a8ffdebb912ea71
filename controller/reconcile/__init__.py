"""One process: wakes, makes passes, and stops."""
