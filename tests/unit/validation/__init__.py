"""All problems of manifests are reported at once."""
