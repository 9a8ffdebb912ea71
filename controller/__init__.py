"""Declarative OS configuration for the nodes of a Kubernetes cluster."""
