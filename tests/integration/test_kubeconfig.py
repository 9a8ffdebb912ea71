"""`deploy/kubeconfig.sh`: access for a controller that runs outside the cluster."""

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
    """The file that the script has written for an administrator, and its output."""
    api_server.install()
    file = tmp_path / "controller.kubeconfig"
    environment = {
        "PATH": f"{api_server.bin}:{os.environ['PATH']}",
        "KUBECONFIG": str(api_server.kubeconfig),
    }
    printed = subprocess.run(
        [SCRIPT, file, "1h"], env=environment, capture_output=True, text=True, check=True
    )
    return file, printed.stdout


def test_with_it_the_controller_is_only_its_service_account(
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


def test_only_its_owner_can_read_it_and_its_expiry_is_printed(written: tuple[Path, str]) -> None:
    file, printed = written

    ends = datetime.fromisoformat(printed.split()[-1])
    assert file.stat().st_mode & 0o777 == 0o600
    assert timedelta(0) < ends - datetime.now(UTC) <= timedelta(hours=1)
