"""MachineConfigs that commands write: `create` from local files, `adopt` from a node."""
