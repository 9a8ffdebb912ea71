"""Both programs print their version."""

from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

from controller.cli.kubectl_mc.app import app as kubectl_mc
from controller.cli.machineconfig_controller import app as machineconfig_controller


@pytest.mark.parametrize("app", [kubectl_mc, machineconfig_controller])
def test_a_program_prints_its_version_and_exits(app: typer.Typer) -> None:
    result = CliRunner().invoke(app, ["--version"])

    assert (result.exit_code, result.output) == (
        0,
        f"machineconfig-controller {version('machineconfig-controller')}\n",
    )
