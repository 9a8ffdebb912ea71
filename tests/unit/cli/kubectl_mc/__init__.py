"""Tests of kubectl mc: see the module of the same path."""
