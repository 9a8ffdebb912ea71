"""systemctl, and the links by which systemd marks a unit as enabled."""
