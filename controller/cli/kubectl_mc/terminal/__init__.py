"""Input and output of a command."""
