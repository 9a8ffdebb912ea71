"""The runs under way: the planner decides on them, an executor executes them."""
