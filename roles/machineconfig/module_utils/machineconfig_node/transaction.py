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
        except (OSError, NodeError) as error:
            _roll_back(self.folder, journal)
            _discard(self.folder)
            raise _failed(error) from error
        self._commit(actions, daemon_reload=units_changed)
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
        for path, wanted in self.desired.paths.items():
            self._remember_original(path)
            if any(each.path == path for each in changed):
                _put(wanted)
            self.record.paths[path].update(wanted.mark())

    def _remember_original(self, path: str) -> None:
        if path not in self.record.paths:
            store = os.path.join(self.folder, "originals", _store_name(path))
            self.record.paths[path] = {"original": image.take(path, store)}

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
        _discard(self.folder)

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


def _roll_back(folder: str, journal: dict[str, Any]) -> None:
    for path, before in journal["images"].items():
        _sweep(os.path.dirname(path))
        image.put_back(path, before, os.path.join(folder, "transaction"))
    for unit, before in journal["enabled"].items():
        with contextlib.suppress(NodeError):
            systemd.set_enablement(unit, enabled=before in systemd.ENABLED)
    for user, text in journal["keys"].items():
        authorized_keys.restore(user, text)


def _sweep(folder: str) -> None:
    """Remove the temporary folders that a killed run left beside a path."""
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(folder):
            if name.startswith(durable.PREFIX):
                shutil.rmtree(os.path.join(folder, name))


def _discard(folder: str) -> None:
    durable.remove(_journal_path(folder))
    store = os.path.join(folder, "transaction")
    for name in os.listdir(store):
        os.unlink(os.path.join(store, name))


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


def _failed(error: Exception) -> NodeError:
    if isinstance(error, NodeError):
        return NodeError(f"{error.cause} (everything was put back)", error.remedy)
    return NodeError(f"{error} (everything was put back)", "mend the cause on the node")
