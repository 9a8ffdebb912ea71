"""MachineConfigs that kubectl mc writes."""
