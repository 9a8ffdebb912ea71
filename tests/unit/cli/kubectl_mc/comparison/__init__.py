"""What kubectl mc shows of configs, and of their differences."""
