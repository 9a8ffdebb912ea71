"""Return to the config before the last apply: journal, watchdog and confirmation."""
