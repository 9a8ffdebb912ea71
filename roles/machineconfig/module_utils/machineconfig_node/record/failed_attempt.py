"""The record's entry of an attempt that failed and was rolled back."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Dict

from ..base import force_file
from . import node_record
from .node_record import Action

FailedAttempt = Dict[str, Any]

# What an administrator changes to make a failed config work: packages and accounts.
_WATCHED = (
    "/var/lib/dpkg/status",
    "/var/lib/rpm",
    "/usr/lib/sysimage/rpm",
    "/etc/passwd",
    "/etc/group",
    # The force file allows one more attempt, and not one with every retry.
    force_file.PATH,
)


def failed_attempt(attempt: str, config: str, cause: str, actions: list[Action]) -> FailedAttempt:
    """Return the entry of an attempt whose apply required `actions`."""
    return {
        "attempt": attempt,
        "config": config,
        "cause": cause,
        "actions": actions,
        "facts": facts(),
    }


def superseded(record: node_record.Record, config: str) -> FailedAttempt:
    """Return the entry of the attempt in the record that an apply of `config` by hand replaces.

    Empty if there is none, or if it is resumed: by hand the same config is applied.
    """
    earlier = record.failed or {"attempt": record.attempt, "config": record.config}
    if not earlier["attempt"] or earlier["config"] == config:
        return {}
    entry = failed_attempt(
        earlier["attempt"], earlier["config"], f"{config} was applied by hand", []
    )
    return {**entry, "superseded": True}


def facts() -> str:
    """Return a digest of what may make a failed config work: boot, packages, accounts."""
    stamps = [_stamp(path) for path in _WATCHED]
    text = json.dumps([node_record.boot_id(), stamps])
    return hashlib.sha256(text.encode()).hexdigest()


def _stamp(path: str) -> list[int]:
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [found.st_ino, found.st_size, found.st_mtime_ns]
