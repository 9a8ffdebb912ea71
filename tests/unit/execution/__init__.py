"""Runs of the playbooks: their input, their limits and their results."""
