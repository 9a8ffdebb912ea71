"""What kubectl mc shows of what the controller is about to do."""
