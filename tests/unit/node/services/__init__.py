"""Service actions that are still pending, and the health of the units."""
