"""Checks that a change would succeed, before anything is changed."""
