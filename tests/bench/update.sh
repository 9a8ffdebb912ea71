# Update a node with a reboot by the bare steps: update.sh NODE ARCHIVE
node=$1 archive=$2

on_node() {
    ssh -F "$SSH_CONFIG" "$node" "$@" 2>/dev/null
}

boot_id() {
    on_node cat /proc/sys/kernel/random/boot_id
}

last_heartbeat() {
    kubectl get lease "$node" --namespace=kube-node-lease --output='jsonpath={.spec.renewTime}'
}

kubectl drain "$node" --ignore-daemonsets
on_node sudo tar --extract --directory=/ < "$archive"
on_node "sudo systemctl daemon-reload && sudo systemctl --quiet enable bare.service"
before=$(boot_id)
on_node sudo systemctl reboot || :
until after=$(boot_id) && [ "$after" != "$before" ]; do
    sleep 0.2
done
# A machine that reboots in a second stays Ready all the time; only a heartbeat proves the reboot.
seen=$(last_heartbeat)
while [ "$(last_heartbeat)" = "$seen" ]; do
    sleep 0.2
done
kubectl wait "node/$node" --for=condition=Ready --timeout=60s
kubectl uncordon "$node"
