"""Ansible plugins by which a test acts in the middle of a run."""
