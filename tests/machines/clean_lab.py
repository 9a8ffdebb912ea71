"""Restores a lab to its initial state for the following tests."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.lab import Lab

_PREFIX = "machineconfiguration.alauda.io/"
_OF_THE_LAB = _PREFIX + "ssh-address"
_KINDS = "machineconfigpools,machineconfigs,machineconfigurations,machineconfignodes"


def forget_configs(lab: Lab) -> None:
    """Delete all objects of this product's kinds, their Events, and the demo's application."""
    lab.kubectl("delete", "--all", "--wait", _KINDS)
    lab.kubectl("delete", "--ignore-not-found", "deployment/web", "poddisruptionbudget/web")
    lab.kubectl("delete", "--raw", "/api/v1/namespaces/default/events")


def make_pristine(lab: Lab, nodes: Iterable[str]) -> None:
    """Reset the nodes' disks, add the foreign pods again, and remove this product's annotations."""
    names = list(nodes)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: _one(lab, name), names))
    lab.add_foreign_pods(names)


def _one(lab: Lab, name: str) -> None:
    lab.machine(name).reset()
    node = json.loads(lab.kubectl("get", "node", name, "--output=json").stdout)
    ours = [each for each in node["metadata"]["annotations"] if each.startswith(_PREFIX)]
    gone = dict.fromkeys(each for each in ours if each != _OF_THE_LAB)
    patch = {"metadata": {"annotations": gone}, "spec": {"unschedulable": None}}
    lab.kubectl("patch", "node", name, "--type=merge", f"--patch={json.dumps(patch)}")
    # The kind exists only where the product is installed.
    lab.kubectl("delete", "--ignore-not-found", "machineconfignode", name, check=False)
    lab.machine(name).wait_ready()
