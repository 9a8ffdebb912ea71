"""Reads and writes that no other user can redirect, and that survive a power cut."""
