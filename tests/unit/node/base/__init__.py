"""What every other package builds on: errors with a remedy, and commands that look at the node."""
