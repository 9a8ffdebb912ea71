"""Tests of kubectl mc, in the folders of the tested packages."""
