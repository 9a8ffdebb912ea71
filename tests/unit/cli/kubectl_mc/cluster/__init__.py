"""What kubectl mc does where the cluster does not answer."""
