# Put the files of an archive onto a node's disk, under /etc/app: tar.sh NODE ARCHIVE
ssh -F "$SSH_CONFIG" "$1" \
    "sudo sh -c 'tar --extract --directory=/ && find /etc/app -exec sync {} +'" < "$2"
