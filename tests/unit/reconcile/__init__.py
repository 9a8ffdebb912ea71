"""Tests of `controller.reconcile`."""
