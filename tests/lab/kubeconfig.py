"""Kubeconfigs, each for one identity (JSON is YAML)."""

import base64
import json
from pathlib import Path
from typing import Any

from tests.lab.blueprint import Blueprint
from tests.lab.certificates import Certificates


def with_certificate(blueprint: Blueprint, name: str) -> str:
    """A kubeconfig that authenticates with the client certificate ``name``."""
    certificates = Certificates(blueprint.certificates)
    return _kubeconfig(
        blueprint,
        {
            "client-certificate-data": _base64(certificates.certificate(name)),
            "client-key-data": _base64(certificates.key(name)),
        },
    )


def with_token(blueprint: Blueprint, token: str, namespace: str) -> str:
    """A kubeconfig that authenticates with a ServiceAccount's token."""
    return _kubeconfig(blueprint, {"token": token}, namespace)


def _kubeconfig(blueprint: Blueprint, user: dict[str, Any], namespace: str = "default") -> str:
    authority = Certificates(blueprint.certificates).authority
    cluster = {
        "server": blueprint.addresses.api_server,
        "certificate-authority-data": _base64(authority),
    }
    context = {"cluster": "lab", "user": "lab", "namespace": namespace}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "lab",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "lab", "user": user}],
            "contexts": [{"name": "lab", "context": context}],
        },
        indent=2,
    )


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
