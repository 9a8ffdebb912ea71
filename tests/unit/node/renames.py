"""Calls a function of a test before a path on the disk is replaced."""

import os
from collections.abc import Callable
from typing import Any

import pytest


def before_each(patch: pytest.MonkeyPatch, act: Callable[[str], None]) -> None:
    """Call `act` with the path before each rename to it; an error prevents the rename."""
    real = os.rename

    def rename(old: str, new: str, **folders: Any) -> None:  # noqa: ANN401 - as the call has them
        folder = folders.get("dst_dir_fd")
        act(new if folder is None else os.readlink(f"/proc/self/fd/{folder}") + f"/{new}")  # noqa: PTH115 - same
        real(old, new, **folders)

    patch.setattr(os, "rename", rename)
