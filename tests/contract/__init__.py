"""Promises to others: reference cases, and the CRDs on a real API server."""
