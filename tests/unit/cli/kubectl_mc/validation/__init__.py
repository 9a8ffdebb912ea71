"""What kubectl mc reports of manifests."""
