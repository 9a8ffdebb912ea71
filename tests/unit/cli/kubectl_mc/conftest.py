"""The command as a user calls it, in an empty folder, without a cluster."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from controller.cli.kubectl_mc.app import app
from tests.unit.cli.kubectl_mc.manifests import Result

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "no-kubeconfig"))
    for name in ("KUBERNETES_SERVICE_HOST", "MACHINECONFIG_BOOT_USER", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def mc() -> Run:
    """Return a function that runs `kubectl mc`."""

    def run(*arguments: str, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout_bytes, result.stderr)

    return run
