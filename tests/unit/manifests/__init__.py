"""Manifest files are read as kubectl reads them."""
