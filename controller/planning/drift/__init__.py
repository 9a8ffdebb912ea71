"""Drift checks: when a node is checked, and how the findings change its status; pure."""
