"""Tests of the node's modules that need neither root nor systemd nor a machine."""
