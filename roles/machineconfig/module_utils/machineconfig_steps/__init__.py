"""The steps on a node, one per file: what one call of the module `machineconfig_step` does.

A step is thin: it takes the parameters, holds the lock while it changes something, calls
`machineconfig_node`, where the rules are, and returns a result. `check` previews what
`perform` does, and changes nothing.

Runs on the managed node with the standard library alone, Python 3.8 or later.
"""
