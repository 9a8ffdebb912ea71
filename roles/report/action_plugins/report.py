"""Says in a few lines how a run went, from what its phases have registered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible.plugins.action import ActionBase

Result = dict[str, Any]
_MOST = 10


class ActionModule(ActionBase):
    """The last task of every playbook."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: Result | None = None) -> Result:
        """One task: the lines, and failed where a phase has failed."""
        result = super().run(tmp, task_vars)
        host = str((task_vars or {}).get("inventory_hostname", "the node"))
        phases = {key: value for key, value in self._task.args.items() if value not in (None, {})}
        said = list(lines(host, phases, check_mode=bool(self._task.check_mode)))
        if "failure" in phases:
            return {**result, "failed": True, "msg": "\n".join(said)}
        # As `debug` has it, so that the lines are shown without -v.
        return {**result, "msg": said, "_ansible_verbose_always": True}


def lines(host: str, phases: Result, *, check_mode: bool) -> Iterator[str]:
    """What was done, what is owed, what to do next."""
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
        yield from _left_out(phases)


def _done(host: str, of: str, phases: Result) -> Iterator[str]:
    if of == "update":
        yield f"{host} is on {phases['verify']['wanted']} and owes nothing"
        yield from _changes(phases.get("apply", phases["preflight"]))
    elif of == "restore":
        yield from _restored(host, phases["restore"])
    elif of == "preflight":
        yield from _would(host, of, phases)
    else:
        yield f"{host}: {of} has ended well"
        yield from _changes(phases["apply"]) if of == "apply" else ()
    yield from _acted(phases)
    yield from phases.get("health", {}).get("ailing", ())
    yield from _owed(host, of, phases)


def _would(host: str, of: str, phases: Result) -> Iterator[str]:
    """What a run that only looks would do."""
    found = phases.get("apply") or phases.get("restore") or phases.get("preflight")
    if not found:
        yield f"{host}: {of} has only looked, and nothing was touched"
        return
    there, wanted = found["config"] or "no config", found["wanted"] or "no config"
    yield from _unknown(found)
    if not found["pending"] and not found["actions"]:
        yield f"{host} is on {there}, and there is nothing to do"
        return
    if found.get("by_path"):
        yield f"{host} would stay on {there}; nothing was touched"
    else:
        yield f"{host} would go from {there} to {wanted}; nothing was touched"
    yield from _changes(found, would=True)
    yield f"would follow: {', '.join(map(_word, found['actions'])) or 'nothing'}"
    yield from _each("could not be proved beforehand", found.get("unproven", []))
    yield from _each("take care", found.get("cautions", []))
    if found["drain"]:
        yield "would be cordoned and drained first, where a cluster is at hand"


def _checked(host: str, found: Result) -> Iterator[str]:
    if found["moved"]:
        yield f"{host} was being changed while it was looked at, so nothing is said of it"
        yield "next: run playbooks/check.yml again"
        return
    if found["forced"]:
        yield f"{host} has a force file: the next update applies everything again, and reboots"
    if not found["differences"]:
        yield f"{host} is as {found['wanted']} wants it"
        return
    yield f"{host} is not as {found['wanted']} wants it"
    yield from _each("differs", _named(found["differences"]))
    yield "next: see who changed that; playbooks/update.yml makes it as wanted again"


def _restored(host: str, done: Result) -> Iterator[str]:
    if done.get("by_path"):
        yield from _unknown(done)
        yield f"{host} stays on {done['config'] or 'no config'}"
        yield from _changes(done)
        return
    if not done["pending"]:
        yield f"{host} is on no config, and there was nothing to give back"
        return
    rest = " but for those named below" if done["unreturned"] else ""
    was_on = f"it is on no config any more, and was on {done['config'] or 'none before'}"
    yield f"{host} has its originals back{rest}: {was_on}"
    yield from _changes(done)
    yield "a controller leaves it alone until somebody runs playbooks/update.yml by hand"


def _unknown(found: Result) -> Iterator[str]:
    yield from _each("no original is kept of, so nothing is given back", found.get("unknown", []))


def _changes(found: Result, *, would: bool = False) -> Iterator[str]:
    gone = [each for each in found["owed_differences"] if each["what"] == "no longer managed"]
    kept = found["unreturned"]
    named = {each["name"] for each in kept}
    back = [each for each in gone if _name(each) not in named]
    yield from _each("would change" if would else "changed", _named(found["differences"]))
    yield from _each("would give back" if would else "given back", _names(back))
    ways = [f"{each['name']} ({each['cause']}); {each['remedy']}" for each in kept]
    yield from _each("would not be given back" if would else "not given back", ways)
    orphaned = [each for each in found["owed_differences"] if each["what"] == "its user is gone"]
    yield from _each("nothing to give back, since there is no such user", _names(orphaned))
    if found.get("forced"):
        yield f"{'would apply' if would else 'applied'} everything again: there was a force file"
    elif not found["differences"] and not gone and not orphaned:
        yield "no path, unit or key had to change"


def _acted(phases: Result) -> Iterator[str]:
    actions = phases.get("actions", {})
    done = [] if actions.get("failed") else actions.get("done", [])
    if done:
        yield f"done: {', '.join(map(_word, done))}"
    reboot = phases.get("reboot", {})
    if reboot.get("previous_boot_id"):
        yield f"rebooted: boot {reboot['previous_boot_id']} was ended, {reboot['boot_id']} is here"


def _owed(host: str, of: str, phases: Result) -> Iterator[str]:
    """What is still to be done, where the record was asked."""
    status = phases.get("status")
    if not status:
        return
    yield f"{host} {status['owed']}"
    if status["awaits_confirmation"]:
        yield "next: playbooks/confirm.yml, or the node goes back by itself"
    elif status["owes"] and of == "restore":
        yield "next: the same command with -e restore_actions=true does it"
    elif status["owes"]:
        yield "next: playbooks/update.yml does it"


def _left_out(phases: Result) -> Iterator[str]:
    if phases.get("cluster_found") is False:
        yield "cordon, drain and uncordon were left out: no cluster at hand"


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
    yield from _given_back(host) if result.get("gives_back") else _cordoned(host, phases)
    yield from _left_out(phases)
    yield from _next(of, phases)


def _outcome(host: str, phases: Result) -> Iterator[str]:
    """In which state the failure has left the node."""
    back = phases.get("rollback", {})
    if back.get("failed"):
        yield f"putting back what was there before has failed too: {_cause(back)}"
    elif back.get("changed"):
        yield f"what was applied was put back: {host} is on {back['config'] or 'no config'} again"
    elif {"apply", "restore", "actions", "reboot"} & set(phases):
        yield f"{host} is left as it is"
    else:
        yield f"nothing was changed on {host}"
    # The rest of what the record says is for status.yml.
    yield from (f"{host}: {line}" for line in phases.get("status", {}).get("lines", ())[:2])


def _drained(drain: Result, *, would: bool) -> Iterator[str]:
    yield from _each("would evict" if would else "evicted", drain.get("evicted", []))
    yield from _blockers(drain.get("blockers", []))


def _blockers(found: list[Result]) -> Iterator[str]:
    """What a drain waits for, a line a pod, and below it what to do about it."""
    for each in found[:_MOST]:
        yield f"waits for {each['pod']}: {each['message']}"
        yield f"remedy: {each['remedy']}"
    if len(found) > _MOST:
        yield f"waits for {len(found) - _MOST} more"


def _given_back(host: str) -> Iterator[str]:
    yield f"{host} was given back: our cordon is gone, and what was evicted may return"


def _cordoned(host: str, phases: Result) -> Iterator[str]:
    settled = phases.get("rollback", {}).get("settled")
    drained = (phases.get("restore") or phases.get("preflight") or {}).get("drain")
    if phases.get("cluster_found") and drained and not settled:
        yield f"{host} may still be cordoned; playbooks/uncordon.yml takes our cordon away"


def _next(of: str, phases: Result) -> Iterator[str]:
    if phases.get("status", {}).get("awaits_confirmation"):
        yield "next: playbooks/confirm.yml keeps what is there, or the node goes back by itself"
    else:
        yield f"next: mend the cause, then run playbooks/{of}.yml again; it goes on from here"


def _cause(result: Result) -> str:
    """Our modules' own words, else a command's last ones, else the message."""
    if result.get("cause"):
        return "; ".join(str(result["cause"]).splitlines())
    candidates = (str(result.get(key) or "").strip() for key in ("stderr", "msg"))
    return next(filter(None, candidates), "no reason given").splitlines()[-1]


def _names(differences: list[Result]) -> list[str]:
    return [_name(each) for each in differences]


def _named(differences: list[Result]) -> list[str]:
    ways = (each["what"] for each in differences)
    names = map(_name, differences)
    both = zip(names, ways, strict=True)
    return [name if way in name else f"{name} ({way})" for name, way in both]


def _name(difference: Result) -> str:
    if difference["kind"] == "sshkey":
        return f"SSH keys of {difference['name']}"
    return str(difference["path"] or f"enablement of {difference['name']}")


def _each(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"{what}: {name}" for name in names[:_MOST])
    if len(names) > _MOST:
        yield f"{what}: {len(names) - _MOST} more"


def _word(action: Result) -> str:
    service = action.get("reload") or action.get("restart") or action.get("stop") or {}
    return f"{action['type']} {service.get('serviceName', '')}".strip()
