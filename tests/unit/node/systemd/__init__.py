"""What systemd would start at a boot, and what it did not start."""
