"""What every other package uses: errors with a remedy, and commands that inspect the node."""
