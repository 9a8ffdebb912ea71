"""Configs and nodes compared: `diff`, `cat`, `render`, `status --diff`."""
