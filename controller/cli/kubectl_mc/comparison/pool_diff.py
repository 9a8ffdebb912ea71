"""What would change on the nodes of a pool, and what that would disturb; pure."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Any, Final

from controller.api.json_object import Json
from controller.api.machine_configuration import Action, ClusterPolicies
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.plain_text import as_text
from controller.planning.disruption import Difference, Disruption, disruption
from controller.planning.running_units import running
from controller.rendering.changes import Change, Contents, Setting, changes

_VERBS: Final = {"added": ("+ ", "green"), "removed": ("- ", "red"), "changed": ("~ ", "yellow")}
_NOUNS: Final = {"file": "file", "unit": "unit", "sshkey": "SSH key"}
_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}
_INDENT: Final = "    "


@dataclass(frozen=True)
class Config:
    """One side of a comparison: a rendered config, and what it gives a node."""

    name: str | None
    manifest: Mapping[str, Any]


_NOTHING: Final = Config(None, {})


@dataclass(frozen=True)
class PoolDiff:
    """What changes in one pool; a side without a config has the name None."""

    pool: str
    before: str | None
    after: str | None
    changes: tuple[Change, ...]
    disruption: Disruption


def pool_diff(
    pool: str, before: Config | None, after: Config | None, policy: ClusterPolicies
) -> PoolDiff:
    """Compare two configs of a pool under the policy that would be in force."""
    old, new = before or _NOTHING, after or _NOTHING
    made = changes(old.manifest, new.manifest)
    user = new.manifest.get("user") or old.manifest.get("user", "")
    asked = disruption((_difference(each, user) for each in made), policy)
    ends = tuple(running(made, new.manifest, asked.actions))
    return PoolDiff(pool, old.name, new.name, made, replace(asked, running=ends))


def _difference(change: Change, user: str) -> Difference:
    """The policy knows SSH keys as one thing, however many change."""
    return Difference(
        change.item_type, f"SSH keys of {user}" if change.item_type == "sshkey" else change.name
    )


def lines(diff: PoolDiff, *, protected: bool) -> Iterator[Line]:
    """A pool's changes for people; contents that are `protected` only where they ask for them."""
    title = (f"pool {diff.pool}: ", "bold")
    if not diff.changes:
        yield [title, "no difference"]
        return
    yield [title, (f"{diff.before or 'nothing'} -> {diff.after or 'nothing'}", "bold")]
    for change in diff.changes:
        sign, style = _VERBS[change.verb]
        yield [(f"  {sign}{_NOUNS[change.item_type]} {change.name}", style)]
        for each in change.settings:
            yield [f"{_INDENT}{_setting(change, each)}"]
        for contents in change.contents:
            yield from contents_lines(contents, protected=protected)
    yield from disruption_lines(diff.disruption)


def _setting(change: Change, setting: Setting) -> str:
    if change.verb == "changed":
        return f"{setting.name}: {setting.before or 'unset'} -> {setting.after or 'unset'}"
    return f"{setting.name}: {setting.after or setting.before}"


def contents_lines(contents: Contents, *, protected: bool) -> Iterator[Line]:
    """How they differ; of what not everybody may read, sizes and digests, but for who asks."""
    if not contents.public and not protected:
        hint = "contents, which not everybody may read (--show-protected-contents shows them):"
        yield from _digests(contents, hint)
        return
    before, after = _text(contents.before), _text(contents.after)
    if before is None or after is None:
        yield from _digests(contents, "contents, which are no text:")
        return
    for line in _unified(contents, before, after):
        yield [_INDENT, (line, _STYLES.get(line[0], ""))]


def _text(data: bytes | None) -> str | None:
    return "" if data is None else as_text(data)


def _unified(contents: Contents, before: str, after: str) -> Iterator[str]:
    old, new = _split(before), _split(after)
    before_name = "/dev/null" if contents.before is None else contents.name
    after_name = "/dev/null" if contents.after is None else contents.name
    for line in unified_diff(old, new, before_name, after_name, lineterm=""):
        yield from line.split("\n")


def _split(text: str) -> list[str]:
    """The lines of a file, and diff's own words below a last one that does not end."""
    *whole, rest = text.split("\n")
    return [*whole, f"{rest}\n\\ No newline at end of file"] if rest else whole


def _digests(contents: Contents, hint: str) -> Iterator[Line]:
    yield [f"{_INDENT}{hint}"]
    for sign, data in (("-", contents.before), ("+", contents.after)):
        if data is not None:
            size = f"{sign} {len(data)} bytes, sha256:{_digest(data)}"
            yield [_INDENT, (size, _STYLES[sign])]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def disruption_lines(asked: Disruption) -> Iterator[Line]:
    """What nodes go through, and why, for people."""
    actions = ", ".join(map(_word, asked.actions)) or "none"
    drained = ", each node cordoned and drained first" if asked.drains else ""
    yield [(f"  disruption: {actions}{drained}", "bold")]
    for each in (*asked.reasons, *asked.running):
        yield [f"{_INDENT}{each}"]


def _word(action: Action) -> str:
    service = action.reload or action.restart
    return f"{action.type} {service.service_name}" if service else action.type.value


def document(diffs: Iterable[PoolDiff], *, protected: bool) -> Json:
    """The same for programs."""
    return {"pools": [_pool(each, protected=protected) for each in diffs]}


def _pool(diff: PoolDiff, *, protected: bool) -> Json:
    return {
        "pool": diff.pool,
        "before": diff.before,
        "after": diff.after,
        "changes": [_change(each, protected=protected) for each in diff.changes],
        "disruption": disruption_document(diff.disruption),
    }


def disruption_document(asked: Disruption) -> Json:
    """The same for programs."""
    return {
        "actions": [each.to_api() for each in asked.actions],
        "drains": asked.drains,
        "reasons": list(asked.reasons),
        "running": list(asked.running),
    }


def _change(change: Change, *, protected: bool) -> Json:
    return {
        "kind": change.item_type,
        "name": change.name,
        "verb": change.verb,
        "settings": [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in change.settings
        ],
        "contents": [
            {
                "name": each.name,
                "before": _side(each.before, shown=each.public or protected),
                "after": _side(each.after, shown=each.public or protected),
            }
            for each in change.contents
        ],
    }


def _side(data: bytes | None, *, shown: bool) -> Json | None:
    if data is None:
        return None
    text = as_text(data) if shown else None
    return {"size": len(data), "sha256": _digest(data)} | ({} if text is None else {"text": text})
