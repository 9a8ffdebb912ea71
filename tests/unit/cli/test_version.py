"""Both programs say which version they are."""

from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

from controller.cli.kubectl_mc.app import app as kubectl_mc
from controller.cli.machineconfig_controller import app as machineconfig_controller


@pytest.mark.parametrize("app", [kubectl_mc, machineconfig_controller])
def test_a_program_tells_its_version_and_does_nothing_else(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, ["--version"])

    assert (done.exit_code, done.output) == (
        0,
        f"machineconfig-controller {version('machineconfig-controller')}\n",
    )
