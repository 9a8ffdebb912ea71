"""One transaction over all that a manifest changes: every path old, or every path new.

Before the first change the journal is on disk: an image of each path, and what the change will owe.
The transaction is committed by the record's next serial. A journal whose serial is still the
record's belongs to a transaction that died, and is rolled back by whoever comes next.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from typing import Any, Iterator

from . import authorized_keys, comparison, durable, image, systemd
from .desired import Desired, Wanted
from .errors import NodeError
from .record import Action, Record


class Transaction:
    """Brings the node from its record to `desired`; call `run()` while the lock is held."""

    def __init__(self, folder: str, record: Record, desired: Desired, boot_id: str) -> None:
        self.folder = folder
        self.record = record
        self.desired = desired
        self.boot_id = boot_id
        self.left: list[str] = []

    def run(self, actions: list[Action]) -> None:
        """Apply, and leave in the record what was done and what is owed."""
        gone = comparison.to_remove(self.desired, self.record)
        changed = [*comparison.on_disk(self.desired), *gone]
        units_changed = any(each.kind == "unit" for each in changed)
        journal = _begin(self.folder, self.record, changed, actions)
        try:
            self._take_units_away(gone)
            self._write_paths(changed)
            self._give_paths_back(gone)
            self._set_enablement()
            self._write_keys(gone)
            self._commit(actions, daemon_reload=units_changed)
        except Exception as error:
            left = _roll_back(self.folder, journal)
            _discard(self.folder)
            raise _failed(error, left) from error
        _discard(self.folder)
        if not any(action["type"] == "Reboot" for action in actions):
            self._stop_removed(gone)

    def _take_units_away(self, gone: list[comparison.Difference]) -> None:
        for unit in _enablements(gone):
            before = self.record.units.pop(unit)["before"]
            if before != "not-found":
                systemd.set_enablement(unit, enabled=before in systemd.ENABLED)
            elif systemd.has_enablement(unit, enabled=True):
                systemd.set_enablement(unit, enabled=False)

    def _write_paths(self, changed: list[comparison.Difference]) -> None:
        differing = {each.path for each in changed}
        for path, wanted in self.desired.paths.items():
            original = self._original(path)
            if path in differing:
                _put(wanted)
            self.record.paths[path] = {**wanted.mark(), "original": original}

    def _original(self, path: str) -> image.Image:
        """What was there at the first takeover; it is kept for as long as the path is managed."""
        if path in self.record.paths:
            known: image.Image = self.record.paths[path]["original"]
            return known
        return image.take(path, os.path.join(self.folder, "originals", _store_name(path)))

    def _give_paths_back(self, gone: list[comparison.Difference]) -> None:
        for path in (each.path for each in gone if each.path):
            mark = self.record.paths.pop(path)
            if comparison.holds(path, mark):
                image.put_back(path, mark["original"], os.path.join(self.folder, "originals"))
                _remove_empty_dropin_folder(path)
            else:
                self.left.append(path)

    def _set_enablement(self) -> None:
        for unit, enabled in self.desired.enablement.items():
            mark = self.record.units.setdefault(unit, {"before": systemd.state(unit)})
            if not systemd.has_enablement(unit, enabled=enabled):
                systemd.set_enablement(unit, enabled=enabled)
            mark["enabled"] = enabled

    def _write_keys(self, gone: list[comparison.Difference]) -> None:
        for user in (each.name for each in gone if each.kind == "sshkey"):
            authorized_keys.write(user, [])
        if authorized_keys.problem(self.desired.user, self.desired.keys):
            authorized_keys.write(self.desired.user, self.desired.keys)
        keys = self.desired.keys
        self.record.keys = {"user": self.desired.user, "keys": keys} if keys else {}

    def _commit(self, actions: list[Action], *, daemon_reload: bool) -> None:
        self.record.owe(self.boot_id, actions, daemon_reload=daemon_reload)
        self.record.config = self.desired.config
        self.record.serial += 1
        self.record.save(self.folder)

    def _stop_removed(self, gone: list[comparison.Difference]) -> None:
        for unit in {each.name for each in gone if each.kind == "unit" and each.path}:
            if systemd.state(unit) == "not-found":
                systemd.stop(unit)


def recover(folder: str, record: Record, boot_id: str) -> bool:
    """Roll back a transaction that died; what it would have owed stays owed.

    Something on the node may have read the half that was written, so its debts are kept.
    """
    path = _journal_path(folder)
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as stream:
        journal = json.load(stream)
    died = bool(journal["serial"] == record.serial)
    if died:
        _roll_back(folder, journal)
        record.owe(boot_id, journal["actions"], daemon_reload=True)
        record.save(folder)
    _discard(folder)
    return died


def _begin(
    folder: str, record: Record, changed: list[comparison.Difference], actions: list[Action]
) -> dict[str, Any]:
    store = os.path.join(folder, "transaction")
    journal = {
        "serial": record.serial,
        "actions": actions,
        "folders": durable.missing_folders(each.path for each in changed if each.path),
        "images": {
            each.path: image.take(each.path, os.path.join(store, _store_name(each.path)))
            for each in changed
            if each.path
        },
        "enabled": {unit: systemd.state(unit) for unit in _enablements(changed)},
        "keys": {
            each.name: authorized_keys.read(each.name) for each in changed if each.kind == "sshkey"
        },
    }
    content = json.dumps(journal, indent=1).encode()
    durable.write_file(_journal_path(folder), content, 0o600, 0, 0)
    return journal


def _roll_back(folder: str, journal: dict[str, Any]) -> list[str]:
    """Put everything back, the last change first; return what could not be."""
    left: list[str] = []
    for path, before in reversed(list(journal["images"].items())):
        with _passing_over(left, path):
            durable.sweep(os.path.dirname(path))
            image.put_back(path, before, os.path.join(folder, "transaction"))
    for made in reversed(journal["folders"]):
        # One that something else has been put into is no longer ours.
        with contextlib.suppress(OSError):
            os.rmdir(made)
    for unit, before in journal["enabled"].items():
        with contextlib.suppress(NodeError):
            systemd.set_enablement(unit, enabled=before in systemd.ENABLED)
    for user, text in journal["keys"].items():
        with _passing_over(left, f"the SSH keys of {user}"):
            authorized_keys.restore(user, text)
    return left


@contextlib.contextmanager
def _passing_over(left: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except (OSError, NodeError) as error:
        left.append(f"{what} ({error})")


def _discard(folder: str) -> None:
    durable.remove(_journal_path(folder))
    store = os.path.join(folder, "transaction")
    shutil.rmtree(store)
    os.mkdir(store, mode=0o700)


def _put(wanted: Wanted) -> None:
    if wanted.type == "absent":
        durable.remove(wanted.path)
        return
    durable.make_folders(wanted.path)
    if wanted.type == "link":
        durable.write_link(wanted.path, wanted.target)
    else:
        durable.write_file(wanted.path, wanted.content, wanted.mode, wanted.uid, wanted.gid)


def _remove_empty_dropin_folder(path: str) -> None:
    folder = os.path.dirname(path)
    if folder.endswith(".d") and os.path.dirname(folder) == "/etc/systemd/system":
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _enablements(changed: list[comparison.Difference]) -> Iterator[str]:
    return (each.name for each in changed if each.kind == "unit" and not each.path)


def _store_name(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()


def _journal_path(folder: str) -> str:
    return os.path.join(folder, "journal.json")


def _failed(error: Exception, left: list[str]) -> NodeError:
    outcome = f"could not be put back: {'; '.join(left)}" if left else "everything was put back"
    if isinstance(error, NodeError):
        return NodeError(f"{error.cause} ({outcome})", error.remedy)
    return NodeError(f"{error} ({outcome})", "mend the cause on the node")
