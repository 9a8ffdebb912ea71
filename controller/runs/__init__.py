"""The runs that are under way, between the planner that asks for them and the executor."""
