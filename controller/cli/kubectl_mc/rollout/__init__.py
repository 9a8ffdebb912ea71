"""What the controller is about to do: `plan`, `pause`, `resume`, `recover`."""
