"""Ignition configs for measurements, the same each time."""

import base64
import random
from typing import Any

Config = dict[str, Any]


def config(*files: Config) -> Config:
    """Return a config with these files."""
    return {"ignition": {"version": "3.4.0"}, "storage": {"files": list(files)}}


def small_files(first: int, count: int) -> Config:
    """Return a config with files of one line each, percent-encoded."""
    return config(
        *(
            file(f"/etc/app/{number}.conf", f"data:,key%20%3D%20{number}%0A")
            for number in range(first, first + count)
        )
    )


def big_files() -> Config:
    """Return a config of 1 MB: ten files of random bytes."""
    dice = random.Random(0)  # noqa: S311 - test data
    contents = (base64.b64encode(dice.randbytes(75_000)).decode() for _ in range(10))
    sources = (f"data:;base64,{text}" for text in contents)
    return config(*(file(f"/opt/{number}.bin", each) for number, each in enumerate(sources)))


def file(path: str, source: str) -> Config:
    """Return a typical file: a path, a mode, contents."""
    return {"path": path, "mode": 0o644, "contents": {"source": source}}
