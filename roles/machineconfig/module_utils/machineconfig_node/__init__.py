"""What the modules on a node share: the record, its lock, and one transaction over paths.

Runs on the managed node with the standard library alone, Python 3.8 or later.
"""
