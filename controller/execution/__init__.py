"""Runs of the playbooks: how they are started, their progress, and their results."""
