"""What people see of the commands: streams, exit codes, words."""
