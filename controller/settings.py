"""The controller's settings, read from environment variables `MACHINECONFIG_<NAME>`."""

import os
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from controller.api.names import BOOT_USER

# Runs have their own working folders, where a relative path would have another meaning.
AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
Seconds = Annotated[float, Field(gt=0)]
# Paths without characters that are special to a shell or a template.
NodePaths = Annotated[
    str, StringConstraints(pattern=r"^(/[A-Za-z0-9._/+-]+)(,/[A-Za-z0-9._/+-]+)*$")
]
# How a default is computed that depends on the machine.
COMPUTED_DEFAULTS: Final = {
    "parallel_runs": "the smaller of 4 per core and 4 per GiB of memory",
}
_GIB = 2**30


def _default_parallel_runs() -> int:
    """Return four per core, as a run mostly waits for its node, and at most four per GiB."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(4 * cores, 4 * memory // _GIB))


class Settings(BaseSettings):
    """All settings with defaults and units; `machineconfig-controller --help` lists them."""

    model_config = SettingsConfigDict(
        env_prefix="MACHINECONFIG_", env_ignore_empty=True, frozen=True
    )

    kubeconfig: Annotated[
        AbsolutePath | None,
        Field(description="Kubeconfig; unset inside a pod.", validation_alias="KUBECONFIG"),
    ] = None
    ssh_user: Annotated[str, Field(description="SSH user, root or with sudo.")] = "root"
    ssh_port: Annotated[int, Field(description="SSH port of the nodes.", gt=0, lt=65536)] = 22
    ssh_key: Annotated[AbsolutePath | None, Field(description="Private SSH key.")] = None
    ssh_known_hosts: Annotated[
        AbsolutePath | None,
        Field(description="known_hosts file with each node's host key under the node's name."),
    ] = None
    python: Annotated[
        NodePaths,
        Field(
            description="Path of Python on the nodes, or several separated by commas; each node "
            "uses the first that exists."
        ),
    ] = "/usr/bin/python3"
    boot_user: Annotated[str, Field(description="User whose SSH keys are managed.")] = BOOT_USER
    state_folder: Annotated[
        AbsolutePath, Field(description="Folder for the files of current runs.")
    ] = Path("/var/tmp/machineconfig-controller")  # noqa: S108 - created with mode 0700 and checked for its owner
    playbooks: Annotated[
        AbsolutePath | None,
        Field(description="Folder of the Ansible playbooks; by default those of this package."),
    ] = None
    check_interval: Annotated[Seconds, Field(description="Seconds between drift checks.")] = 300
    resync_interval: Annotated[
        Seconds,
        Field(description="Seconds after which the controller reconciles even if nothing changes."),
    ] = 50
    watch_timeout: Annotated[
        Seconds,
        Field(
            description="Seconds after which a watch without events is reopened; a request to the "
            "API server times out after half of it."
        ),
    ] = 30
    quiet_period: Annotated[
        Seconds,
        Field(description="Seconds without further changes before the controller reconciles."),
    ] = 0.5
    lease_seconds: Annotated[
        Seconds,
        Field(description="Seconds after which an unrenewed Lease expires."),
    ] = 15
    drain_timeout: Annotated[
        int, Field(description="Seconds of one attempt to drain a node.", gt=0)
    ] = 60
    drain_retry: Annotated[
        Seconds, Field(description="Seconds between attempts of a blocked drain.")
    ] = 30
    parallel_runs: Annotated[
        int, Field(description="Maximum of parallel updates, each one Ansible process.", gt=0)
    ] = _default_parallel_runs()
    answer_timeout: Annotated[
        Seconds,
        Field(
            description="Seconds that a node may take for one answer. A phase of an update may "
            "take twice as long, and longer by MACHINECONFIG_DRAIN_TIMEOUT, "
            "MACHINECONFIG_REBOOT_TIMEOUT, MACHINECONFIG_KUBELET_TIMEOUT or "
            "MACHINECONFIG_VERIFY_WATCH while it waits for these."
        ),
    ] = 300
    failure_retry: Annotated[
        Seconds,
        Field(
            description="Seconds before a failed config is retried; doubled each time that it "
            "fails in the same phase, up to twelve times as long."
        ),
    ] = 300
    reboot_timeout: Annotated[
        int, Field(description="Seconds that a node may take to reboot.", gt=0)
    ] = 600
    confirm_timeout: Annotated[
        int,
        Field(
            description="Seconds after which a node rolls back unless the controller has confirmed "
            "SSH access.",
            gt=0,
        ),
    ] = 600
    kubelet_timeout: Annotated[
        int,
        Field(
            description="Seconds within which the kubelet of a node has to be back, and the Node "
            "Ready, after a reboot or a change of their units; while the API server does not "
            "answer, they are not counted.",
            gt=0,
        ),
    ] = 300
    verify_watch: Annotated[
        int,
        Field(
            description="Seconds for which the services of a node are watched after an update; 0 "
            "checks once.",
            ge=0,
        ),
    ] = 5
    node_name: Annotated[
        str, Field(description="Node on which this process runs; it is updated last.")
    ] = ""
    metrics_address: Annotated[str, Field(description="Address of /metrics and /healthz.")] = (
        "0.0.0.0"  # noqa: S104 - a pod's only address
    )
    metrics_port: Annotated[
        int, Field(description="Port of /metrics and /healthz; 0 picks a free one.", ge=0)
    ] = 8797
