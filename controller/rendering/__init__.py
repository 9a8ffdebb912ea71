"""Rendering of a pool's MachineConfigs into one, or the reasons why that is impossible. Pure."""
