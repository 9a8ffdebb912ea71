"""What is wrong with manifests is said, all of it at once."""
