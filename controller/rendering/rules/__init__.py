"""The rules of rendering beyond those of Ignition, and remedies for both."""
