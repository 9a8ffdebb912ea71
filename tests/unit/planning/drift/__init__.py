"""Drift checks: when they run, and what their findings change."""
