"""`kubectl mc`: look at MachineConfigs before and after they are applied; it changes nothing."""
