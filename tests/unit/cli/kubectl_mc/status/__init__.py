"""What kubectl mc shows of pools and nodes."""
