"""The user's SSH keys, and whether a login with them would succeed."""
