"""The enablement links and masks that a manifest requires on this node."""
