"""Whether the control plane can do without one of its nodes.

All others have to be there and healthy by what the cluster itself says, so that etcd keeps its
quorum; what is not known is not healthy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from controller.api import names
from controller.api.control_plane import Etcd
from controller.api.machine_config_pool import MachineConfigPool
from controller.planning.control_plane.size import declared_nodes, expected_nodes
from controller.planning.control_plane_facts import ControlPlaneFacts
from controller.planning.node import Node

_PATCH: Final = f"kubectl patch mcp {names.MASTER} --type=merge -p"
_PASS_ONCE: Final = (
    "or take the risk once for a node: "
    f"kubectl annotate node NODE --overwrite {names.WITHOUT_QUORUM}=$(date +%s)"
)


@dataclass(frozen=True)
class Doubt:
    """Why a node has to stay in service; `needs_user` if that does not pass by itself."""

    reason: str
    needs_user: bool = False


def doubt(
    node: Node,
    members: Sequence[Node],
    pool: MachineConfigPool,
    facts: ControlPlaneFacts | None,
) -> Doubt | None:
    """Return the first doubt about the others; `facts` are None where they are not considered."""
    others = [member for member in members if member.name != node.name]
    doubts = _of_others(node, others)
    if (found := next(doubts, None)) or facts is None:
        return found
    expected = expected_nodes(pool, len(members))
    by_rule = (
        _missing_nodes(len(members), expected),
        _unknown_etcd(others, expected, etcd_of(pool, members)),
        _api_servers(node, members, expected, pool, facts),
        _failing_etcd(facts, etcd_of(pool, members)),
    )
    return next((each for each in by_rule if each), None)


def etcd_of(pool: MachineConfigPool, members: Sequence[Node]) -> Etcd | None:
    """Return where etcd runs, as an administrator says or as is seen; None if it is unknown."""
    described = pool.spec.control_plane
    if described and described.etcd:
        return described.etcd
    return Etcd.STACKED if any(member.has_etcd for member in members) else None


def _of_others(node: Node, others: Sequence[Node]) -> Iterator[Doubt]:
    """Yield the doubts about each; two nodes that are not healthy wait for each other."""
    for other in others:
        if why := _problem(other):
            doubt = Doubt(f"waits for {other.name}: {why}")
            yield _for_a_user(doubt, node, other) if _problem(node) else doubt
        if other.unstarted_pods:
            pods = ", ".join(other.unstarted_pods)
            yield Doubt(f"waits for {other.name}: {pods} not started since the reboot")


def _problem(node: Node) -> str:
    """Return why a node may not serve etcd; empty if it is healthy."""
    if not node.ready or node.pressured:
        return "control plane node is not healthy"
    return f"{', '.join(node.failing_pods)} not ready" if node.failing_pods else ""


def _for_a_user(doubt: Doubt, node: Node, other: Node) -> Doubt:
    remedy = f"{node.name} is not healthy either: repair {other.name}, {_PASS_ONCE}"
    return Doubt(f"{doubt.reason} ({remedy})", needs_user=True)


def _missing_nodes(present: int, expected: int) -> Doubt | None:
    if present == expected:
        return None
    missing = expected - present
    cause = (
        f"{missing} of {expected} control plane nodes {'is' if missing == 1 else 'are'} missing,"
        " and may still count for the quorum of etcd"
    )
    remedy = (
        f"add {'it' if missing == 1 else 'them'} again; or remove the etcd member too, and then say"
        f""" so: {_PATCH} '{{"spec":{{"controlPlane":{{"nodes":{present}}}}}}}'"""
    )
    return Doubt(f"{cause} ({remedy}; {_PASS_ONCE})", needs_user=True)


def _unknown_etcd(others: Sequence[Node], expected: int, etcd: Etcd | None) -> Doubt | None:
    if expected == 1 or etcd in {Etcd.EXTERNAL, Etcd.NONE}:
        return None
    if etcd is None:
        remedy = (
            "say where it runs if that is not on these nodes: "
            f"""{_PATCH} '{{"spec":{{"controlPlane":{{"etcd":"{Etcd.EXTERNAL}"}}}}}}'"""
        )
        cause = "no etcd is seen on the control plane nodes, so that its quorum is unknown"
        return Doubt(f"{cause} ({remedy}; {_PASS_ONCE})", needs_user=True)
    unseen = [other.name for other in others if not other.has_etcd]
    if not unseen:
        return None
    cause = f"waits for {', '.join(unseen)}: no etcd is seen there"
    remedy = "see that its static pod runs, as on the other control plane nodes"
    return Doubt(f"{cause} ({remedy}; {_PASS_ONCE})", needs_user=True)


def _api_servers(
    node: Node,
    members: Sequence[Node],
    expected: int,
    pool: MachineConfigPool,
    facts: ControlPlaneFacts,
) -> Doubt | None:
    """Compare the endpoints of the API servers, unless all of them share one virtual address."""
    servers = facts.api_servers
    of_nodes = {address for member in members for address in member.internal_ips}
    if len(servers) <= 1 and not servers & of_nodes:
        return None
    if len(servers) > expected and not declared_nodes(pool):
        cause = f"there are {len(servers)} API servers, and {expected} control plane nodes"
        remedy = (
            "add the missing nodes, or say how many there are: "
            f"""{_PATCH} '{{"spec":{{"controlPlane":{{"nodes":{expected}}}}}}}'"""
        )
        return Doubt(f"{cause} ({remedy}; {_PASS_ONCE})", needs_user=True)
    answering = len(servers.difference(node.internal_ips))
    if answering >= expected - 1:
        return None
    return Doubt(
        f"{answering} of {expected - 1} other API servers are endpoints of the Service kubernetes"
    )


def _failing_etcd(facts: ControlPlaneFacts, etcd: Etcd | None) -> Doubt | None:
    if not facts.failing or etcd is Etcd.NONE:
        return None
    return Doubt(f"the API server cannot use its etcd: {', '.join(facts.failing)} fails in /readyz")
