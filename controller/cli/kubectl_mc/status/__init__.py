"""The status of pools and nodes: `status`, `check`."""
