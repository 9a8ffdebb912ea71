"""The control plane: etcd, API server, controller manager and scheduler, all real."""

from collections.abc import Mapping
from pathlib import Path

from tests.lab import kubeconfig
from tests.lab.blueprint import Blueprint
from tests.lab.certificates import Certificates
from tests.lab.secret_file import write_secret

_KUBECONFIGS = ("admin", "kube-controller-manager", "kube-scheduler")


def prepare(blueprint: Blueprint) -> None:
    """Create the certificates and kubeconfigs of the control plane."""
    certificates = Certificates(blueprint.certificates)
    certificates.make_authority()
    address = blueprint.addresses.control_plane
    certificates.issue("server", user="lab", address=address)
    certificates.issue("admin", user="admin", group="system:masters")
    for component in ("kube-controller-manager", "kube-scheduler"):
        certificates.issue(component, user=f"system:{component}")
    for name in _KUBECONFIGS:
        write_secret(kubeconfig_file(blueprint, name), kubeconfig.with_certificate(blueprint, name))


def kubeconfig_file(blueprint: Blueprint, name: str) -> Path:
    """Return the kubeconfig of a component; the administrator's is in the lab's main directory."""
    if name == "admin":
        return blueprint.folder / "kubeconfig"
    return blueprint.certificates / f"{name}.kubeconfig"


def commands(blueprint: Blueprint) -> dict[str, list[str]]:
    """Return the command lines of the control plane; a bare API server has only the first two."""
    if not blueprint.binaries:
        return {}
    flags = {"etcd": _etcd(blueprint), "kube-apiserver": _api_server(blueprint)}
    if blueprint.nodes:
        flags["kube-controller-manager"] = _controller_manager(blueprint)
        flags["kube-scheduler"] = _scheduler(blueprint)
    return {
        name: [
            str(blueprint.binaries / name),
            *(f"--{flag}={value}" for flag, value in flags_of_one.items()),
        ]
        for name, flags_of_one in flags.items()
    }


def _etcd(blueprint: Blueprint) -> Mapping[str, object]:
    addresses, pki = blueprint.addresses, Certificates(blueprint.certificates)
    return {
        "name": "lab",
        "data-dir": blueprint.folder / "etcd",
        "listen-client-urls": addresses.etcd,
        "advertise-client-urls": addresses.etcd,
        "listen-peer-urls": addresses.etcd_peers,
        "initial-advertise-peer-urls": addresses.etcd_peers,
        "initial-cluster": f"lab={addresses.etcd_peers}",
        "cert-file": pki.certificate("server"),
        "key-file": pki.key("server"),
        "trusted-ca-file": pki.authority,
        "client-cert-auth": "true",
        "peer-cert-file": pki.certificate("server"),
        "peer-key-file": pki.key("server"),
        "peer-trusted-ca-file": pki.authority,
        "peer-client-cert-auth": "true",
        # Durability is not needed in a lab.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }


def _api_server(blueprint: Blueprint) -> Mapping[str, object]:
    addresses, pki = blueprint.addresses, Certificates(blueprint.certificates)
    return {
        "bind-address": addresses.control_plane,
        "advertise-address": addresses.control_plane,
        "secure-port": addresses.api_server_port,
        # A Service may not point to a loopback address, so none is created.
        "endpoint-reconciler-type": "none",
        "tls-cert-file": pki.certificate("server"),
        "tls-private-key-file": pki.key("server"),
        "client-ca-file": pki.authority,
        "etcd-servers": addresses.etcd,
        "etcd-cafile": pki.authority,
        "etcd-certfile": pki.certificate("server"),
        "etcd-keyfile": pki.key("server"),
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "service-account-issuer": addresses.api_server,
        "service-account-signing-key-file": pki.key("service-accounts"),
        "service-account-key-file": pki.certificate("service-accounts"),
        "service-cluster-ip-range": "10.96.0.0/16",
    }


def _controller_manager(blueprint: Blueprint) -> Mapping[str, object]:
    pki = Certificates(blueprint.certificates)
    return {
        **_component(blueprint, "kube-controller-manager"),
        "secure-port": blueprint.addresses.controller_manager_port,
        "root-ca-file": pki.authority,
        "service-account-private-key-file": pki.key("service-accounts"),
        "use-service-account-credentials": "true",
        # The polling interval, not the timeout until a node is lost.
        "node-monitor-period": "1s",
    }


def _scheduler(blueprint: Blueprint) -> Mapping[str, object]:
    return {
        **_component(blueprint, "kube-scheduler"),
        "secure-port": blueprint.addresses.scheduler_port,
    }


def _component(blueprint: Blueprint, name: str) -> Mapping[str, object]:
    """Return the common options of the controller manager and the scheduler."""
    pki = Certificates(blueprint.certificates)
    return {
        "bind-address": blueprint.addresses.control_plane,
        "kubeconfig": kubeconfig_file(blueprint, name),
        "tls-cert-file": pki.certificate("server"),
        "tls-private-key-file": pki.key("server"),
        "authentication-skip-lookup": "true",
        "leader-elect": "false",
        "kube-api-qps": 200,
        "kube-api-burst": 400,
    }
