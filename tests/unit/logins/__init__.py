"""Tests of `controller.logins`."""
