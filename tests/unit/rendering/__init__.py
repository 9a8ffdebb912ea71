"""MachineConfigs of a pool in, one rendered config or the reasons against it out."""
