"""The report of all problems of manifests: `validate`."""
