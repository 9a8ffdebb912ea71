"""The candidates that kubectl's shell completion offers."""

import sys
from collections.abc import Callable

import pytest

from controller.cli.kubectl_mc import completion
from tests.unit.cli.kubectl_mc.manifests import machine_config, pool, write

Complete = Callable[..., tuple[list[str], str]]


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Return a function that completes arguments as kubectl requests it."""
    for name in ("_KUBECTL_MC_COMPLETE", "_TYPER_COMPLETE_FISH_ACTION", "_TYPER_COMPLETE_ARGS"):
        monkeypatch.setenv(name, "")

    def run(*arguments: str) -> tuple[list[str], str]:
        monkeypatch.setattr(sys, "argv", ["kubectl_complete-mc", *arguments])
        completion.main()
        *candidates, directive = capsys.readouterr().out.splitlines()
        return [each.split("\t")[0] for each in candidates], directive

    return run


def test_commands_and_options_are_offered(complete: Complete) -> None:
    first = ["create", "validate", "render", "diff", "cat", "plan", "status"]
    commands = [*first, "check", "recover", "adopt", "pause", "resume"]
    assert complete("") == (commands, ":4")
    assert complete("va") == (["validate"], ":4")
    assert complete("diff", "--show-p") == (["--show-protected-contents"], ":4")


def test_the_default_pools_and_those_of_the_files_are_offered(complete: Complete) -> None:
    file = write("a.yaml", machine_config(), pool("infra"))

    assert complete("render", "--pool", "") == (["master", "worker"], ":4")
    assert complete("cat", "-f", file, "") == (["master", "worker", "infra"], ":4")
    assert complete("diff", "-f", file, "--pool", "in") == (["infra"], ":4")
    assert complete("create", "50-a", "--role", "w") == (["worker"], ":4")
    assert complete("status", "w") == (["worker"], ":4")
    assert complete("plan", "-f", file, "master", "") == (["master", "worker", "infra"], ":4")
    assert complete("diff", "-f", "-", "--pool", "w") == (["worker"], ":4"), "it does not wait"


def test_without_candidates_files_are_offered(complete: Complete) -> None:
    assert complete("validate", "-f", "") == ([], ":0")
    assert complete("cat", "-f", "nowhere", "wo") == (["worker"], ":4")
