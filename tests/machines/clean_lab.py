"""A lab as it was made, for the tests that come next."""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from tests.lab import Lab

_PREFIX = "machineconfiguration.alauda.io/"
_OF_THE_LAB = _PREFIX + "ssh-address"
_KINDS = "machineconfigpools,machineconfigs,machineconfigurations,machineconfignodes"


def forget_configs(lab: Lab) -> None:
    """Delete every object of ours, and what an application of the story has left."""
    lab.kubectl("delete", "--all", "--wait", _KINDS)
    lab.kubectl("delete", "--ignore-not-found", "deployment/web", "poddisruptionbudget/web")


def make_pristine(lab: Lab, nodes: Iterable[str]) -> None:
    """Give them new disks and their foreign pods, and leave nothing of ours on their Nodes."""
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
    # Only where the product is installed is there such a thing.
    lab.kubectl("delete", "--ignore-not-found", "machineconfignode", name, check=False)
    lab.machine(name).wait_ready()
