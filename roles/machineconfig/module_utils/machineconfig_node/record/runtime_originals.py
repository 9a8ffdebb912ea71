"""Links below /run that were there before us: the next boot takes them away, and they stay away."""

from __future__ import annotations

from typing import Any, Dict

from ..filesystem import image
from ..systemd import unit_paths

Entries = Dict[str, Dict[str, Any]]


def tag_with_boot(path: str, original: image.Image, boot_id: str) -> image.Image:
    """The original of a path, with the boot that it was found in where it does not outlast that."""
    is_runtime = path.startswith(f"{unit_paths.RUNTIME_FOLDER}/")
    return {**original, "boot": boot_id} if is_runtime else original


def forget_earlier_boots(entries: Entries, boot_id: str) -> None:
    """Have nothing as the original where it was found in another boot than this one."""
    for entry in entries.values():
        if entry.get("original", {}).get("boot", boot_id) != boot_id:
            entry["original"] = {"type": "absent"}
