"""Runs of the playbooks: what is started, how far it is, and how it ended."""
