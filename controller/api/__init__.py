"""The API group as Python sees it: its names, and its kinds as immutable models.

Pure: nothing here knows a client, a clock or a logger.
"""
