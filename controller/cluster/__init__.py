"""The cluster's API server: the only importer of the Kubernetes client."""
