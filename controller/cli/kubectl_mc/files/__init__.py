"""Local files and the manifests in them."""
