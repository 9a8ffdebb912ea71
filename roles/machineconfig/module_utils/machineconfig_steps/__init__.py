"""What is done on a node, a step a file: `look` says what `do` would come to, and touches nothing.

Runs on the managed node with the standard library alone, Python 3.8 or later.
"""
