"""The API server, as the caller may see it."""
