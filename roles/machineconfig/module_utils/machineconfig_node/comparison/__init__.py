"""Differences of the disk and of the record from the manifest."""
