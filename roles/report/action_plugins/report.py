"""Summarize a run in a few lines, from the registered results of its phases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible.plugins.action import ActionBase

Result = dict[str, Any]
_MAX_LINES = 10


class ActionModule(ActionBase):
    """The last task of every playbook."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """Return the lines; the task fails if a phase has failed."""
        result = super().run(tmp, task_vars)
        host = str((task_vars or {}).get("inventory_hostname", "the node"))
        phases = {key: value for key, value in self._task.args.items() if value not in (None, {})}
        summary = list(lines(host, phases, check_mode=bool(self._task.check_mode)))
        if "failure" in phases:
            return {**result, "failed": True, "msg": "\n".join(summary)}
        # As in `debug`, so that the lines are shown without -v.
        return {**result, "msg": summary, "_ansible_verbose_always": True}


def lines(host: str, phases: Result, *, check_mode: bool) -> Iterator[str]:
    """Yield what was done, the pending actions, and what to do next."""
    of = str(phases["of"])
    if "failure" in phases:
        yield from _failed(host, of, phases)
    elif of == "status":
        yield f"{host}:"
        yield from phases["status"]["lines"]
    elif of == "check":
        yield from _checked(host, phases["check"])
    else:
        yield from _would(host, of, phases) if check_mode else _done(host, of, phases)
        yield from _drained(phases.get("drain", {}), would=check_mode)
        yield from _skipped(phases)


def _done(host: str, of: str, phases: Result) -> Iterator[str]:
    if of == "update":
        yield f"{host} runs {phases['verify']['wanted']}; no actions are pending"
        yield from _changes(phases.get("apply", phases["preflight"]))
    elif of == "restore":
        yield from _restored(host, phases["restore"])
    elif of == "preflight":
        yield from _would(host, of, phases)
    else:
        yield f"{host}: {of} succeeded"
        yield from _changes(phases["apply"]) if of == "apply" else ()
    yield from _acted(phases)
    yield from phases.get("health", {}).get("ailing", ())
    yield from _pending(host, of, phases)


def _would(host: str, of: str, phases: Result) -> Iterator[str]:
    """Yield what a run without check mode would do."""
    found = phases.get("apply") or phases.get("restore") or phases.get("preflight")
    if not found:
        yield f"{host}: {of} ran in check mode; nothing was changed"
        return
    current, target = found["config"] or "no config", found["wanted"] or "no config"
    yield from _unknown(found)
    if not found["pending"] and not found["actions"]:
        yield f"{host} runs {current}; there is nothing to do"
        return
    if found.get("by_path"):
        yield f"{host} would still run {current}; nothing was changed"
    else:
        yield f"{host} would change from {current} to {target}; nothing was changed"
    yield from _changes(found, would=True)
    yield f"would follow: {', '.join(map(_action, found['actions'])) or 'nothing'}"
    yield from _each("could not be validated in advance", found.get("unproven", []))
    yield from _each("caution", found.get("cautions", []))
    if found["drain"]:
        yield "would be cordoned and drained first, if the cluster is reachable"


def _checked(host: str, found: Result) -> Iterator[str]:
    if found["moved"]:
        yield f"{host} was being changed during the check, so there is no result"
        yield "next: run playbooks/check.yml again"
        return
    if found["forced"]:
        yield f"{host} has a force file: the next update applies everything and reboots the node"
    if not found["differences"]:
        yield f"{host} matches {found['wanted']}"
        return
    yield f"{host} differs from {found['wanted']}"
    yield from _each("differs", _named(found["differences"]))
    yield "next: find out what changed it; playbooks/update.yml applies the config again"


def _restored(host: str, done: Result) -> Iterator[str]:
    if done.get("by_path"):
        yield from _unknown(done)
        yield f"{host} still runs {done['config'] or 'no config'}"
        yield from _changes(done)
        return
    if not done["pending"]:
        yield f"{host} runs no config; there was nothing to restore"
        return
    exceptions = ", except those listed below" if done["unreturned"] else ""
    before = done["config"] or "none"
    yield f"{host}: originals restored{exceptions}; it ran {before} and runs no config now"
    yield from _changes(done)
    yield "controllers do not update it until playbooks/update.yml is run by hand"


def _unknown(found: Result) -> Iterator[str]:
    yield from _each("not restored, since no original is kept", found.get("unknown", []))


def _changes(found: Result, *, would: bool = False) -> Iterator[str]:
    gone = [each for each in found["owed_differences"] if each["what"] == "no longer managed"]
    kept = found["unreturned"]
    named = {each["name"] for each in kept}
    restored = [each for each in gone if _name(each) not in named]
    yield from _each("would change" if would else "changed", _named(found["differences"]))
    yield from _each("would restore" if would else "restored", _names(restored))
    reasons = [f"{each['name']} ({each['cause']}); {each['remedy']}" for each in kept]
    yield from _each("would not restore" if would else "not restored", reasons)
    orphaned = [each for each in found["owed_differences"] if each["what"] == "its user is gone"]
    yield from _each("nothing to restore, since the user does not exist", _names(orphaned))
    if found.get("forced"):
        yield f"{'would apply' if would else 'applied'} everything again because of the force file"
    elif not found["differences"] and not gone and not orphaned:
        yield "no path, unit or key had to change"


def _acted(phases: Result) -> Iterator[str]:
    actions = phases.get("actions", {})
    done = [] if actions.get("failed") else actions.get("done", [])
    if done:
        yield f"done: {', '.join(map(_action, done))}"
    reboot = phases.get("reboot", {})
    if reboot.get("previous_boot_id"):
        yield f"rebooted: from boot {reboot['previous_boot_id']} to boot {reboot['boot_id']}"


def _pending(host: str, of: str, phases: Result) -> Iterator[str]:
    """Yield the pending actions, if the record was read."""
    status = phases.get("status")
    if not status:
        return
    yield f"{host}: {status['owed']}"
    if status["awaits_confirmation"]:
        yield "next: playbooks/confirm.yml; else the node rolls back by itself"
    elif status["owes"] and of == "restore":
        yield "next: the same command with -e restore_actions=true performs them"
    elif status["owes"]:
        yield "next: playbooks/update.yml performs them"


def _skipped(phases: Result) -> Iterator[str]:
    if phases.get("cluster_found") is False:
        yield "cordon, drain and uncordon were skipped: no cluster is reachable"


def _failed(host: str, of: str, phases: Result) -> Iterator[str]:
    failure = phases["failure"]
    result = failure["result"]
    yield f"{host}: {of} FAILED at: {failure['task']}"
    yield f"cause: {_cause(result)}"
    if result.get("blockers"):
        yield from _blockers(result["blockers"])
    elif result.get("remedy"):
        yield f"remedy: {result['remedy']}"
    yield from _outcome(host, phases)
    yield from _acted(phases)
    yield from _uncordoned(host) if result.get("gives_back") else _cordoned(host, phases)
    yield from _skipped(phases)
    yield from _next(of, phases)


def _outcome(host: str, phases: Result) -> Iterator[str]:
    """Yield the state in which the failure has left the node."""
    rollback = phases.get("rollback", {})
    if rollback.get("failed"):
        yield f"the rollback failed too: {_cause(rollback)}"
    elif rollback.get("changed"):
        yield f"rolled back: {host} runs {rollback['config'] or 'no config'} again"
    elif {"apply", "restore", "actions", "reboot"} & set(phases):
        yield f"{host} was left as it is"
    else:
        yield f"nothing was changed on {host}"
    # status.yml shows the rest of the record.
    yield from (f"{host}: {line}" for line in phases.get("status", {}).get("lines", ())[:2])


def _drained(drain: Result, *, would: bool) -> Iterator[str]:
    yield from _each("would evict" if would else "evicted", drain.get("evicted", []))
    yield from _blockers(drain.get("blockers", []))
    label = "would not wait for" if would else "did not wait for"
    yield from _each(f"{label}, since the kubelet is silent", drain.get("left", []))


def _blockers(found: list[Result]) -> Iterator[str]:
    """Yield a line for each pod that blocks the drain, followed by the remedy."""
    for each in found[:_MAX_LINES]:
        yield f"waits for {each['pod']}: {each['message']}"
        yield f"remedy: {each['remedy']}"
    if len(found) > _MAX_LINES:
        yield f"waits for {len(found) - _MAX_LINES} more"


def _uncordoned(host: str) -> Iterator[str]:
    yield f"{host} was uncordoned; evicted pods may return"


def _cordoned(host: str, phases: Result) -> Iterator[str]:
    settled = phases.get("rollback", {}).get("settled")
    drained = (phases.get("restore") or phases.get("preflight") or {}).get("drain")
    if phases.get("cluster_found") and drained and not settled:
        yield f"{host} may still be cordoned; playbooks/uncordon.yml removes the cordon"


def _next(of: str, phases: Result) -> Iterator[str]:
    if phases.get("status", {}).get("awaits_confirmation"):
        yield "next: playbooks/confirm.yml keeps the config; else the node rolls back by itself"
    else:
        yield f"next: fix the cause, then run playbooks/{of}.yml again; it resumes from here"


def _cause(result: Result) -> str:
    """Return the cause, else the last line of stderr or of the message."""
    if result.get("cause"):
        return "; ".join(str(result["cause"]).splitlines())
    candidates = (str(result.get(key) or "").strip() for key in ("stderr", "msg"))
    return next(filter(None, candidates), "no reason was given").splitlines()[-1]


def _names(differences: list[Result]) -> list[str]:
    return [_name(each) for each in differences]


def _named(differences: list[Result]) -> list[str]:
    whats = (each["what"] for each in differences)
    pairs = zip(map(_name, differences), whats, strict=True)
    return [name if what in name else f"{name} ({what})" for name, what in pairs]


def _name(difference: Result) -> str:
    if difference["kind"] == "sshkey":
        return f"SSH keys of {difference['name']}"
    return str(difference["path"] or f"enablement of {difference['name']}")


def _each(label: str, names: list[str]) -> Iterator[str]:
    yield from (f"{label}: {name}" for name in names[:_MAX_LINES])
    if len(names) > _MAX_LINES:
        yield f"{label}: {len(names) - _MAX_LINES} more"


def _action(action: Result) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return f"{action['type']} {service.get('serviceName', '')}".strip()
