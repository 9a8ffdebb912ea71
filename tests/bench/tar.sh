# Extract an archive on a node's disk, below /etc/app: tar.sh NODE ARCHIVE
ssh -F "$SSH_CONFIG" "$1" \
    "sudo sh -c 'tar --extract --directory=/ && find /etc/app -exec sync {} +'" < "$2"
