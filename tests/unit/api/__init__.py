"""The models of the API group."""
