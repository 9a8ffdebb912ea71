"""What runs on a node, as far as it can be tried without root, systemd or a machine."""
