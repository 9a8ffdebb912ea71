"""`kubectl mc`: write, compare and roll out MachineConfigs."""
