"""What kubectl mc reads of local files."""
