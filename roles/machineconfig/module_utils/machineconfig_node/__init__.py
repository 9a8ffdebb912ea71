"""Code of the modules on a node, in layers: `base` is the lowest, `check` the highest.

Runs on the managed node with the standard library alone, Python 3.8 or later.
"""
