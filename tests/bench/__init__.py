"""How long it takes, as a ratio to what cannot be avoided."""
