"""Validation of manifests before anything is sent to a cluster. Pure."""
