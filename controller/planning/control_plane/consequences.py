"""What the update of a small control plane means for the cluster, told before it begins."""

from collections.abc import Iterator, Sequence

from controller.api import names
from controller.api.control_plane import Etcd
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.control_plane.quorum import etcd_of
from controller.planning.control_plane.size import declared_nodes, expected_nodes
from controller.planning.node import Node

_PAIR = 2


def consequences(pool: MachineConfigPool, members: Sequence[Node]) -> Iterator[str]:
    """Yield what users should know before a node of the control plane reboots."""
    if pool.name != names.MASTER or not members:
        return
    expected, declared = expected_nodes(pool, len(members)), declared_nodes(pool)
    elsewhere = etcd_of(pool, members) in {Etcd.EXTERNAL, Etcd.NONE}
    if expected == 1:
        yield "one control plane node: the API server does not answer while an update reboots it"
    if expected == _PAIR and not elsewhere:
        yield (
            "two control plane nodes: etcd loses its quorum, and the API server does not answer,"
            " while an update reboots either (a third node prevents that)"
        )
    if declared and declared < len(members):
        yield (
            f"spec.controlPlane.nodes is {declared}, and there are {len(members)} control plane"
            " nodes: one that is missing later would not be noticed (correct the number)"
        )
