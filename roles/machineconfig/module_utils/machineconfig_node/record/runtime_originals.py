"""Originals below /run, which are not restored after the boot that removed them."""

from __future__ import annotations

from typing import Any, Dict

from ..filesystem import image
from ..systemd import unit_paths

Entries = Dict[str, Dict[str, Any]]


def tag_with_boot(path: str, original: image.Image, boot_id: str) -> image.Image:
    """Return the original, with the boot ID if the path does not survive a reboot."""
    is_runtime = path.startswith(f"{unit_paths.RUNTIME_FOLDER}/")
    return {**original, "boot": boot_id} if is_runtime else original


def is_of_earlier_boot(original: image.Image, boot_id: str) -> bool:
    """Whether the original was found in an earlier boot, and did not survive it."""
    return bool(original.get("boot", boot_id) != boot_id)


def forget_earlier_boots(entries: Entries, boot_id: str) -> None:
    """Make the original absent if it was found in an earlier boot."""
    for entry in entries.values():
        if is_of_earlier_boot(entry.get("original", {}), boot_id):
            entry["original"] = {"type": "absent"}
