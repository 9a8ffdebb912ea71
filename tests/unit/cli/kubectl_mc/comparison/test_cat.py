"""`kubectl mc cat`: one file as it will stand on a node, byte for byte."""

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
    ended = mc("cat", "worker", path, "-f", file)

    assert (ended.code, ended.raw, ended.stderr) == (0, expected, "")


@pytest.mark.parametrize(
    ("path", "near"),
    [
        pytest.param("/etc/b", "did you mean /etc/a?", id="a slip"),
        pytest.param("/opt/10-a.conf", "a.service.d/10-a.conf?", id="a name in another folder"),
        pytest.param("a.service", "did you mean /etc/systemd/system/a.service?", id="a name alone"),
    ],
)
def test_a_path_that_is_not_there_is_an_error_that_names_near_ones(
    mc: Run, file: str, path: str, near: str
) -> None:
    ended = mc("cat", "worker", path, "-f", file)

    assert (ended.code, ended.raw) == (1, b"")
    assert f"manages no {path}" in ended.stderr
    assert near in ended.stderr


def test_a_path_like_none_that_is_there_is_told_with_all_that_are(mc: Run, file: str) -> None:
    ended = mc("cat", "worker", "/opt/thing", "-f", file)

    assert ended.code == 1
    assert ended.stderr.splitlines()[1] == (
        "  it manages /etc/a, /etc/systemd/system/a.service, "
        "/etc/systemd/system/a.service.d/10-a.conf"
    )


def test_where_many_are_managed_it_says_how_to_list_them(mc: Run) -> None:
    configs = [machine_config(f"n{i}", **a_file(f"/etc/many/{i}")) for i in range(11)]

    ended = mc("cat", "worker", "/opt/thing", "-f", write("many.yaml", *configs))

    assert ended.code == 1
    assert "`kubectl mc render --pool POOL --explain` lists what is managed" in ended.stderr
