"""Durations as ratios to a lower bound or reference."""
