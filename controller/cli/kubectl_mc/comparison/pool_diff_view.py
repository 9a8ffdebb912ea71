"""A pool's changes as text and JSON; pure."""

import hashlib
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from typing import Final

from controller.api.json_object import Json
from controller.api.machine_configuration import Action
from controller.cli.kubectl_mc.comparison.pool_diff import PoolDiff
from controller.cli.kubectl_mc.terminal.console import Line
from controller.cli.kubectl_mc.terminal.plain_text import as_text
from controller.planning.disruption import Disruption
from controller.rendering.changes import Change, Contents, Setting

_VERBS: Final = {"added": ("+ ", "green"), "removed": ("- ", "red"), "changed": ("~ ", "yellow")}
_NOUNS: Final = {"file": "file", "unit": "unit", "sshkey": "SSH key"}
_STYLES: Final = {"+": "green", "-": "red", "@": "cyan"}
_INDENT: Final = "    "


def pool_diff_lines(diff: PoolDiff, *, protected: bool) -> Iterator[Line]:
    """Yield the changes; with `protected`, also contents that are not world-readable."""
    title = (f"pool {diff.pool}: ", "bold")
    if not diff.changes:
        yield [title, "no difference"]
        return
    yield [title, (f"{diff.before or 'nothing'} -> {diff.after or 'nothing'}", "bold")]
    for change in diff.changes:
        sign, style = _VERBS[change.verb]
        yield [(f"  {sign}{_NOUNS[change.item_type]} {change.name}", style)]
        for setting in change.settings:
            yield [f"{_INDENT}{_setting(change, setting)}"]
        for contents in change.contents:
            yield from contents_lines(contents, protected=protected)
    yield from disruption_lines(diff.disruption)


def _setting(change: Change, setting: Setting) -> str:
    if change.verb == "changed":
        return f"{setting.name}: {setting.before or 'unset'} -> {setting.after or 'unset'}"
    return f"{setting.name}: {setting.after or setting.before}"


def contents_lines(contents: Contents, *, protected: bool) -> Iterator[Line]:
    """Yield a diff; of contents that are not world-readable or not text, sizes and digests."""
    if not contents.public and not protected:
        hint = "contents are not world-readable (--show-protected-contents prints them):"
        yield from _digests(contents, hint)
        return
    before, after = _text(contents.before), _text(contents.after)
    if before is None or after is None:
        yield from _digests(contents, "contents are not text:")
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
    """Return the lines, with diff's note on a last line that has no newline."""
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


def disruption_lines(disruption: Disruption) -> Iterator[Line]:
    """Yield the actions on a node, and the reason for each."""
    actions = ", ".join(map(_action, disruption.actions)) or "none"
    drained = ", each node cordoned and drained first" if disruption.drains else ""
    yield [(f"  disruption: {actions}{drained}", "bold")]
    for reason in (*disruption.reasons, *disruption.running):
        yield [f"{_INDENT}{reason}"]


def _action(action: Action) -> str:
    service = action.reload or action.restart
    return f"{action.type} {service.service_name}" if service else action.type.value


def pool_diff_document(diffs: Iterable[PoolDiff], *, protected: bool) -> Json:
    """Return JSON; with `protected`, also of contents that are not world-readable."""
    return {"pools": [_pool(diff, protected=protected) for diff in diffs]}


def _pool(diff: PoolDiff, *, protected: bool) -> Json:
    return {
        "pool": diff.pool,
        "before": diff.before,
        "after": diff.after,
        "changes": [_change(change, protected=protected) for change in diff.changes],
        "disruption": disruption_document(diff.disruption),
    }


def disruption_document(disruption: Disruption) -> Json:
    """Return JSON."""
    return {
        "actions": [action.to_api() for action in disruption.actions],
        "drains": disruption.drains,
        "reasons": list(disruption.reasons),
        "running": list(disruption.running),
    }


def _change(change: Change, *, protected: bool) -> Json:
    return {
        "kind": change.item_type,
        "name": change.name,
        "verb": change.verb,
        "settings": [
            {"name": setting.name, "before": setting.before, "after": setting.after}
            for setting in change.settings
        ],
        "contents": [
            {
                "name": contents.name,
                "before": _contents(contents.before, shown=contents.public or protected),
                "after": _contents(contents.after, shown=contents.public or protected),
            }
            for contents in change.contents
        ],
    }


def _contents(data: bytes | None, *, shown: bool) -> Json | None:
    if data is None:
        return None
    text = as_text(data) if shown else None
    return {"size": len(data), "sha256": _digest(data)} | ({} if text is None else {"text": text})
