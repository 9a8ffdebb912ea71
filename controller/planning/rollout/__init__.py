"""Which nodes of a pool are updated now, and why the others wait. Pure."""
