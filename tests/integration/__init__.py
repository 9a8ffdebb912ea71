"""Tests with a real API server, kubectl and processes."""
