"""`deploy/kubeconfig.sh`: the controller's own access to a cluster that it runs outside of."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.api.names import NAMESPACE, SERVICE_ACCOUNT
from tests.conftest import ApiServer

SCRIPT = Path(__file__).parents[2] / "deploy" / "kubeconfig.sh"


@pytest.fixture
def written(api_server: ApiServer, tmp_path: Path) -> tuple[Path, str]:
    """The file that the script has written for an administrator, and what it printed."""
    api_server.install()
    file = tmp_path / "controller.kubeconfig"
    environment = {
        "PATH": f"{api_server.bin}:{os.environ['PATH']}",
        "KUBECONFIG": str(api_server.kubeconfig),
    }
    said = subprocess.run(
        [SCRIPT, file, "1h"], env=environment, capture_output=True, text=True, check=True
    )
    return file, said.stdout


def test_with_it_the_controller_is_its_service_account_and_nobody_else(
    api_server: ApiServer, written: tuple[Path, str]
) -> None:
    file, _ = written

    name = "jsonpath={.status.userInfo.username}"
    who = api_server.kubectl(f"--kubeconfig={file}", "auth", "whoami", "-o", name)
    pools = api_server.kubectl(f"--kubeconfig={file}", "get", "mcp")
    secrets = api_server.kubectl(f"--kubeconfig={file}", "get", "secrets", "-A")

    assert who.stdout == f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
    assert pools.returncode == 0, pools.stderr
    assert "forbidden" in secrets.stderr


def test_it_is_its_owners_alone_and_says_when_it_ends(written: tuple[Path, str]) -> None:
    file, said = written

    ends = datetime.fromisoformat(said.split()[-1])
    assert file.stat().st_mode & 0o777 == 0o600
    assert timedelta(0) < ends - datetime.now(UTC) <= timedelta(hours=1)
