"""What is to be done, and why: snapshots in, decisions out."""
