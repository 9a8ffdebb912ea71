"""Tests of the Ignition package."""
