"""The cluster as it is seen."""
