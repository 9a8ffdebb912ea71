"""The base of all other packages: errors with a remedy, and commands that inspect the node."""
