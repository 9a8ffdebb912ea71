"""Text formats in Ignition configs, parsed as the reference implementation in Go does."""
