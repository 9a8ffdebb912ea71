"""The API group in Python: its names, and its kinds as immutable models. Pure."""
