"""Tests of the control plane rules."""
