"""Simulated machines behind the executor protocol of `controller.execution`."""
