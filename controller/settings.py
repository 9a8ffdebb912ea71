"""The controller's settings, from the environment: `MACHINECONFIG_<NAME>`."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from controller.api.names import BOOT_USER

# Runs have folders of their own, from which a relative path would lead elsewhere.
AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
Seconds = Annotated[float, Field(gt=0)]
# Words that mean nothing to a shell or a template.
NodePaths = Annotated[
    str, StringConstraints(pattern=r"^(/[A-Za-z0-9._/+-]+)(,/[A-Za-z0-9._/+-]+)*$")
]
_GIB = 2**30


def _runs_that_fit() -> int:
    """Four a core, since each mostly waits for its node, and at most four a GiB of memory."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(4 * cores, 4 * memory // _GIB))


class Settings(BaseSettings):
    """Each with its default and its unit; `machineconfig-controller --help` lists them too."""

    model_config = SettingsConfigDict(
        env_prefix="MACHINECONFIG_", env_ignore_empty=True, frozen=True
    )

    kubeconfig: Annotated[
        AbsolutePath | None,
        Field(description="Kubeconfig; unset inside a pod.", validation_alias="KUBECONFIG"),
    ] = None
    ssh_user: Annotated[str, Field(description="User who logs in and may sudo.")] = "root"
    ssh_port: Annotated[int, Field(description="Port of sshd on the nodes.", gt=0, lt=65536)] = 22
    ssh_key: Annotated[AbsolutePath | None, Field(description="Private SSH key.")] = None
    ssh_known_hosts: Annotated[
        AbsolutePath | None,
        Field(description="known_hosts with each node's key under the node's name."),
    ] = None
    python: Annotated[
        NodePaths,
        Field(
            description="Path of Python on the nodes; of several, with commas between, each node "
            "uses the first that it has."
        ),
    ] = "/usr/bin/python3"
    boot_user: Annotated[str, Field(description="User whose SSH keys are managed.")] = BOOT_USER
    state_folder: Annotated[
        AbsolutePath, Field(description="Where runs keep their files while they last.")
    ] = Path("/var/tmp/machineconfig-controller")  # noqa: S108 - made 0700, and owned by us
    playbooks: Annotated[
        AbsolutePath | None,
        Field(description="The folder of the playbooks, if not the shipped one."),
    ] = None
    check_interval: Annotated[Seconds, Field(description="Seconds between drift checks.")] = 300
    resync_interval: Annotated[
        Seconds, Field(description="Seconds after which a pass is made though nothing happened.")
    ] = 50
    watch_timeout: Annotated[
        Seconds,
        Field(
            description="Seconds after which a watch that says nothing is opened anew; an answer "
            "is waited for half as long."
        ),
    ] = 30
    quiet_period: Annotated[
        Seconds, Field(description="Seconds without news before a change is acted on.")
    ] = 0.5
    lease_seconds: Annotated[
        Seconds, Field(description="Seconds after which a silent leader is replaced.")
    ] = 15
    drain_timeout: Annotated[
        int, Field(description="Seconds of one attempt to drain a node.", gt=0)
    ] = 60
    drain_retry: Annotated[
        Seconds, Field(description="Seconds between attempts of a blocked drain.")
    ] = 30
    parallel_runs: Annotated[
        int, Field(description="Updates of nodes that run at once, each an Ansible process.", gt=0)
    ] = _runs_that_fit()
    answer_timeout: Annotated[
        Seconds,
        Field(
            description="Seconds that a node may take for one answer; a phase of an update may "
            "take twice as long, beside what it waits for by other settings."
        ),
    ] = 300
    failure_retry: Annotated[
        Seconds,
        Field(
            description="Seconds before a failed config is tried again; doubled each time that it "
            "fails in the same phase, up to twelve times as long."
        ),
    ] = 300
    reboot_timeout: Annotated[
        int, Field(description="Seconds that a node may take to reboot.", gt=0)
    ] = 600
    confirm_timeout: Annotated[
        int,
        Field(
            description="Seconds after which a node that nobody can log in to goes back to the "
            "config before.",
            gt=0,
        ),
    ] = 600
    verify_watch: Annotated[
        int,
        Field(
            description="Seconds for which a node's services are watched after an update; 0 looks "
            "once.",
            ge=0,
        ),
    ] = 5
    node_name: Annotated[
        str, Field(description="Node that this process runs on; it is updated last.")
    ] = ""
    metrics_address: Annotated[str, Field(description="Address of /metrics, /healthz.")] = "0.0.0.0"  # noqa: S104 - a pod's only address
    metrics_port: Annotated[int, Field(description="Port of it; 0 takes any.", ge=0)] = 8797
