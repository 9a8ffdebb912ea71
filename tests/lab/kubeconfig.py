"""Kubeconfigs, each for one identity (JSON is YAML)."""

import base64
import json
from pathlib import Path

from tests.lab.blueprint import Blueprint
from tests.lab.certificates import Certificates


def with_certificate(blueprint: Blueprint, name: str) -> str:
    """Return a kubeconfig that authenticates with the client certificate ``name``."""
    certificates = Certificates(blueprint.certificates)
    cluster = {
        "server": blueprint.addresses.api_server,
        "certificate-authority-data": _base64(certificates.authority),
    }
    user = {
        "client-certificate-data": _base64(certificates.certificate(name)),
        "client-key-data": _base64(certificates.key(name)),
    }
    context = {"cluster": "lab", "user": "lab", "namespace": "default"}
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
