"""What is asked of systemd and logind."""
