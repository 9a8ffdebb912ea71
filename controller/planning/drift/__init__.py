"""When a node is checked for drift, and what a check's findings mean for it. Pure."""
