"""Whether the programs that read a configuration file accept it."""
