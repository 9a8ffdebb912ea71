"""The steps on a node, one per file: `check` previews what `perform` does, and changes nothing.

Runs on the managed node with the standard library alone, Python 3.8 or later.
"""
