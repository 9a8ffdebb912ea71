"""Which enablement links and masks a manifest leads to on this node."""
