"""The kubelets: the real one over kubemark's fake container runtime, inside the machines."""

from tests.lab import etcd_member
from tests.lab.blueprint import Blueprint, Node
from tests.lab.certificates import Certificates

PROGRAM = "/usr/local/bin/kubelet"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"


def prepare(blueprint: Blueprint) -> None:
    """Create the certificate by which the API server authenticates each node."""
    certificates = Certificates(blueprint.certificates)
    for node in blueprint.nodes:
        certificates.issue(node.name, user=f"system:node:{node.name}", group="system:nodes")


def unit(blueprint: Blueprint, node: Node) -> str:
    """Return the text of kubelet.service."""
    flags = (
        f"--name={node.name}",
        f"--kubeconfig={KUBECONFIG}",
        f"--port={blueprint.addresses.kubelet_port(node.index)}",
        *([f"--static-pods={etcd_member.STATIC_PODS}"] if blueprint.has_member(node) else []),
    )
    return (
        "[Unit]\n"
        "Description=kubelet (the real one, over a fake container runtime)\n"
        "\n"
        "[Service]\n"
        f"ExecStart={PROGRAM} {' '.join(flags)}\n"
        "Restart=always\n"
        "RestartSec=1\n"
        "\n"
        "[Install]\n"
        "WantedBy=multi-user.target\n"
    )


def node_object(blueprint: Blueprint, node: Node) -> dict[str, object]:
    """Return the Node as the administrator creates it before its kubelet starts.

    A kubelet may not set its own role, and nodes created one by one have a known order of age.
    """
    address = blueprint.addresses.machine(node.index)
    role = "node-role.kubernetes.io/control-plane"
    taint = {"key": role, "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {
                "kubernetes.io/os": "linux",
                "kubernetes.io/hostname": node.name,
                **({role: ""} if node.is_control_plane else {}),
            },
            # The kubelet posts the host's address, which is the same for all of them.
            "annotations": {"machineconfiguration.alauda.io/ssh-address": address},
        },
        "spec": {"taints": [taint] if node.is_control_plane else []},
    }
