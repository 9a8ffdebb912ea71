"""Whether unit files are valid, and what the next boot starts with them."""
