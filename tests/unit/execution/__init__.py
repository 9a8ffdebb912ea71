"""Runs of the playbooks: what they are given, and how their ends are judged."""
