"""Tests of the two programs."""
