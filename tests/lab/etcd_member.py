"""Members of an etcd cluster on the control plane nodes, where a lab has several of these.

As with kubeadm, each node has a member and a static pod that is ready while the member is. The
container runtime is a fake, so the member itself is a service of the machine: it ends and starts
with it. The lab's API server has an etcd of its own, so that a test can observe a lost quorum.
"""

import json

from tests.lab.blueprint import Blueprint, Node

PROGRAM = "/usr/local/bin/etcd"
STATIC_PODS = "/etc/kubernetes/manifests"


def unit(blueprint: Blueprint, node: Node) -> str:
    """Return the text of etcd.service."""
    addresses, members = blueprint.addresses, blueprint.control_plane_nodes
    client, peer = addresses.member_client(node.index), addresses.member_peer(node.index)
    cluster = ",".join(f"{each.name}={addresses.member_peer(each.index)}" for each in members)
    flags = (
        f"--name={node.name}",
        "--data-dir=/var/lib/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={cluster}",
        # Durability is not needed in a lab.
        "--unsafe-no-fsync=true",
        "--log-level=warn",
    )
    return (
        "[Unit]\n"
        "Description=member of etcd\n"
        "\n"
        "[Service]\n"
        f"ExecStart={PROGRAM} {' '.join(flags)}\n"
        "Restart=always\n"
        "RestartSec=1\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def static_pod(blueprint: Blueprint, node: Node) -> str:
    """Return the manifest of the static pod, with the labels of kubeadm's."""
    addresses = blueprint.addresses
    get = {
        "host": addresses.machine(node.index),
        "port": addresses.member_port,
        "path": "/health",
    }
    container = {
        "name": "etcd",
        "image": "registry.example.com/etcd:1",
        "readinessProbe": {"httpGet": get, "periodSeconds": 1, "failureThreshold": 1},
    }
    labels = {"component": "etcd", "tier": "control-plane"}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "etcd", "namespace": "kube-system", "labels": labels},
            "spec": {"hostNetwork": True, "containers": [container]},
        }
    )
