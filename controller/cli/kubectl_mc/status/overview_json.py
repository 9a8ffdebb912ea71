"""The overview of pools and nodes as JSON; pure."""

from controller.api.json_object import Json
from controller.api.machine_config_pool import MachineConfigPool
from controller.api.meta import ConditionStatus
from controller.cli.kubectl_mc.status.overview import Member, Overview


def overview_document(overview: Overview) -> Json:
    """Return the pools, and each node once, by name."""
    members = {member.node.name: member for member in (*overview.members, *overview.named)}
    return {
        "controller": overview.leadership.document(),
        "pools": [_pool(pool) for pool in overview.pools],
        "nodes": [node_document(members[name]) for name in sorted(members)],
        "notSelected": list(overview.not_selected),
        "unreadable": [
            {"kind": each.kind, "name": each.name, "reason": each.reason}
            for each in overview.unreadable
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
        **{field: count for field, count in status.items() if field.endswith("MachineCount")},
        "machineCount": status["machineCount"],
        "conditions": [
            condition
            for condition in status["conditions"]
            if condition["status"] == ConditionStatus.TRUE
        ],
    }


def node_document(member: Member) -> Json:
    """Return the status of the MachineConfigNode, and what the Node itself shows."""
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
