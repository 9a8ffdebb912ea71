"""The decisions of a rollout: a step for each node, or the reason why it waits. Pure."""
