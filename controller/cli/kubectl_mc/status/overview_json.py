"""How pools and nodes stand, for programs; pure."""

from controller.api.json_object import Json
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.meta import ConditionStatus
from controller.cli.kubectl_mc.status.overview import Member, Standing


def document(of: Standing) -> Json:
    """Pools, and each node once, by their names."""
    members = {each.node.name: each for each in (*of.members, *of.named)}
    return {
        "controller": of.leadership.document(),
        "pools": [_pool(each) for each in of.pools],
        "nodes": [node_document(members[name]) for name in sorted(members)],
        "notSelected": list(of.not_selected),
        "unreadable": [
            {"kind": each.kind, "name": each.name, "reason": each.why} for each in of.unreadable
        ],
    }


def _pool(pool: MachineConfigPool) -> Json:
    status = pool.status.model_dump(mode="json", by_alias=True)
    target = pool.spec.configuration.name if pool.spec.configuration else None
    return {
        "pool": pool.name,
        "target": target,
        "paused": pool.spec.paused,
        "maxUnavailable": pool.spec.max_unavailable,
        **{key: each for key, each in status.items() if key.endswith("MachineCount")},
        "machineCount": status["machineCount"],
        "conditions": [
            each for each in status["conditions"] if each["status"] == ConditionStatus.TRUE
        ],
    }


def node_document(member: Member) -> Json:
    """The node's MachineConfigNode, and what the Node itself shows."""
    node = member.node
    return {
        "node": node.name,
        **node.status.model_dump(mode="json", by_alias=True),
        "pool": member.pool or None,
        "ready": node.ready,
        "pressured": node.pressured,
        "cordonedBy": _cordoned_by(member),
        "held": node.held,
    }


def _cordoned_by(member: Member) -> str | None:
    node = member.node
    if not node.unschedulable:
        return None
    return "controller" if node.cordoned_by_controller else "administrator"
