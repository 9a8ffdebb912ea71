"""The cluster as the planner sees it: listed, parsed and cached."""
