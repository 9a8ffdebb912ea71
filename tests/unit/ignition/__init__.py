"""What the Ignition package promises."""
