"""Nodes without machines, behind the protocol of `controller.execution`."""
