"""The two programs: the controller, and the kubectl plugin."""
