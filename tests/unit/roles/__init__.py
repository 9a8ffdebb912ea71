"""Tests of the roles' own plugins."""
