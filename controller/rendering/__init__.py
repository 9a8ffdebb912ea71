"""MachineConfigs of a pool in, one rendered MachineConfig or the reasons against it out. Pure."""
