"""`kubectl mc cat` prints one file of a pool, byte for byte."""

import pytest

from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

DROPIN = {"name": "10-a.conf", "contents": "[Service]\nNice=5\n"}
UNIT = {"name": "a.service", "contents": "[Unit]\nDescription=\u00e4\n", "dropins": [DROPIN]}


@pytest.fixture
def file() -> str:
    sections = a_file(source="data:;base64,AAEbWzMxbQ==") | {"systemd": {"units": [UNIT]}}
    return write("a.yaml", machine_config(**sections))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/etc/a", b"\x00\x01\x1b[31m", id="a file, whatever is in it"),
        pytest.param(
            "/etc/systemd/system/a.service", "[Unit]\nDescription=\u00e4\n".encode(), id="a unit"
        ),
        pytest.param(
            "/etc/systemd/system/a.service.d/10-a.conf", b"[Service]\nNice=5\n", id="a drop-in"
        ),
    ],
)
def test_it_prints_the_bytes_and_nothing_else(
    mc: Run, file: str, path: str, expected: bytes
) -> None:
    result = mc("cat", "worker", path, "-f", file)

    assert (result.code, result.raw, result.stderr) == (0, expected, "")


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        pytest.param("/etc/b", "did you mean /etc/a?", id="a typing error"),
        pytest.param("/opt/10-a.conf", "a.service.d/10-a.conf?", id="a name in another folder"),
        pytest.param("a.service", "did you mean /etc/systemd/system/a.service?", id="only a name"),
    ],
)
def test_an_unknown_path_is_an_error_that_suggests_similar_ones(
    mc: Run, file: str, path: str, suggestion: str
) -> None:
    result = mc("cat", "worker", path, "-f", file)

    assert (result.code, result.raw) == (1, b"")
    assert f"does not manage {path}" in result.stderr
    assert suggestion in result.stderr


def test_without_a_similar_path_the_remedy_lists_all(mc: Run, file: str) -> None:
    result = mc("cat", "worker", "/opt/thing", "-f", file)

    assert result.code == 1
    assert result.stderr.splitlines()[1] == (
        "  it manages /etc/a, /etc/systemd/system/a.service, "
        "/etc/systemd/system/a.service.d/10-a.conf"
    )


def test_of_many_paths_the_remedy_is_the_command_that_lists_them(mc: Run) -> None:
    configs = [machine_config(f"n{i}", **a_file(f"/etc/many/{i}")) for i in range(11)]

    result = mc("cat", "worker", "/opt/thing", "-f", write("many.yaml", *configs))

    assert result.code == 1
    assert "`kubectl mc render --pool POOL --explain` lists what is managed" in result.stderr
