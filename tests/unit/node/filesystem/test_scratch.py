"""A call removes the folders of killed calls, and keeps those in use."""

import contextlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from machineconfig_node.filesystem import safe_paths, scratch


def test_the_folder_of_a_killed_call_is_removed_and_a_used_one_is_kept(disk: Path) -> None:
    run = disk / "run"
    (run / "units-left").mkdir(parents=True)
    (run / "units-left" / "a.service").write_text("contents")
    (run / "digests.json").touch()

    first, second = (scratch.folder(str(run), "units-") for _ in range(2))
    with first as used, second as used_too:
        assert {str(each) for each in run.iterdir()} == {used, used_too, f"{run}/digests.json"}

    assert [each.name for each in run.iterdir()] == ["digests.json"]


@pytest.mark.parametrize(
    ("module", "step"),
    [(os, "listdir"), (safe_paths, "open_descriptor")],
    ids=["it was listed", "it was opened"],
)
def test_a_folder_that_disappears_during_the_sweep_is_ignored(
    disk: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, step: str
) -> None:
    run = str(disk / "run")
    other = contextlib.ExitStack()
    other.enter_context(scratch.folder(run, "units-"))
    real = getattr(module, step)

    def then_the_other_ends(*words: Any) -> Any:  # noqa: ANN401 - whatever the step is about
        found = real(*words)
        other.close()
        return found

    monkeypatch.setattr(module, step, then_the_other_ends)

    with scratch.folder(run, "units-") as used:
        assert paths(run) == [used]


def paths(folder: str) -> list[str]:
    return [each.path for each in os.scandir(folder)]
