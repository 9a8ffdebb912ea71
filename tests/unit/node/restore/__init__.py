"""Restoring the originals of paths that are no longer managed."""
