"""Drift checks: when a node is checked, and how the findings change its status; pure.

Called by `controller/runs/`, which starts the checks, and by `controller/execution/transcript.py`,
which parses what the nodes answer.
"""
