"""Tests of `controller.runs`."""
