"""What the events of ansible-runner mean for a run, as messages; pure."""

from typing import Final

from controller.api.json_object import Json
from controller.execution.messages import (
    Answered,
    DrainWaits,
    Failed,
    Message,
    PlaybookEnded,
    PodsLeft,
    TaskStarted,
)

_OURS: Final = "machineconfig"  # begins the names of our modules
_DRAIN: Final = "drain"


def message_of(event: str, data: Json) -> Message | None:
    """Return what an event reports; None where that is nothing of interest."""
    node, role, action = data.get("host", ""), data.get("role", ""), data.get("task_action", "")
    result: Json = data.get("res") or {}
    match event:
        case "playbook_on_task_start":
            return TaskStarted(role) if role else None
        case "playbook_on_stats":
            counted = (list(data.get(key, {})) for key in ("processed", "failures", "dark"))
            return PlaybookEnded(*counted)
        case "runner_on_ok":
            return _succeeded(node, role, action, result)
        case "runner_on_failed" if not data.get("ignore_errors"):
            return _failed(node, role, action, result)
        case "runner_on_unreachable":
            return Failed(_cause(result), _remedy(result), node, role, unreachable=True)
    return None


def _succeeded(node: str, role: str, action: str, result: Json) -> Message | None:
    if action.startswith(_OURS):
        return Answered(node, role, _without_arguments(result))
    if action == _DRAIN and result.get("goes_on"):
        return DrainWaits(node, role, result["blockers"])
    if action == _DRAIN and result.get("left"):
        return PodsLeft(node, role, result["left"])
    return None


def _failed(node: str, role: str, action: str, result: Json) -> Failed:
    # Only the action plugin of a drain is believed about pods.
    drain = result if action == _DRAIN else {}
    return Failed(
        _cause(result),
        _remedy(result),
        node,
        role,
        action,
        transient=bool(result.get("transient")),
        refused_by_fence=_refused_by_fence(result),
        restored=bool(result.get("restored")),
        blockers=drain.get("blockers", []),
        drain_abandoned=bool(drain.get("gives_back")),
        unconfirmed=bool(result.get("unconfirmed")),
        login_failed=bool(result.get("login_fails") or result.get("locked_out")),
    )


def _without_arguments(result: Json) -> Json:
    return {key: value for key, value in result.items() if key != "invocation"}


def _cause(result: Json) -> str:
    """Return the cause in one line: our modules' own, else a command's last, else the message."""
    candidates = (str(result.get(key) or "").strip() for key in ("cause", "stderr", "msg"))
    text = next(filter(None, candidates), "no reason given")
    return text.splitlines()[-1]


def _remedy(result: Json) -> str:
    return str(result.get("remedy") or "")


def _refused_by_fence(result: Json) -> int:
    number = result.get("fence")
    return number if isinstance(number, int) else 0
