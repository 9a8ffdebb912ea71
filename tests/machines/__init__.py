"""Tests on real machines with a real cluster."""
