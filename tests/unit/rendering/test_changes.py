"""The changes on a node from one rendered config to the next."""

from typing import Any

import pytest

from controller.rendering.changes import Change, Contents, Setting, changes
from controller.rendering.node_manifest import manifest
from tests.unit.rendering.build import files, keys, units


def between(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[Change, ...]:
    return changes(_manifest(before), _manifest(after))


def _manifest(sections: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if sections is None else manifest(ignition(**sections), "boot")


def ignition(**sections: Any) -> dict[str, Any]:  # noqa: ANN401 - any section of a config
    return {"ignition": {"version": "3.4.0"}} | sections


def a_file(text: str = "x", **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    return files({"path": "/etc/a", "contents": {"source": f"data:,{text}"}} | members)


def a_unit(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a unit
    return units({"name": "a.service", "contents": "[Unit]\n"} | members)


NEW_AND_ORDINARY = (
    Setting("mode", "", "0644"),
    Setting("user", "", "root"),
    Setting("group", "", "root"),
)
TEXT = "/etc/systemd/system/a.service"
DROPIN = f"{TEXT}.d/10-a.conf"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(
            {},
            a_file(),
            Change(
                "file",
                "/etc/a",
                "added",
                NEW_AND_ORDINARY,
                (Contents("/etc/a", None, b"x", public=True),),
            ),
            id="a file comes",
        ),
        pytest.param(
            a_file("1"),
            a_file("2"),
            Change(
                "file",
                "/etc/a",
                "changed",
                contents=(Contents("/etc/a", b"1", b"2", public=True),),
            ),
            id="its contents change",
        ),
        pytest.param(
            a_file(user={"name": "boot"}),
            a_file(mode=0o4),
            Change(
                "file",
                "/etc/a",
                "changed",
                (Setting("mode", "0644", "0004"), Setting("user", "boot", "root")),
            ),
            id="its mode and owner change, and nothing else",
        ),
        pytest.param(
            a_unit(enabled=True, contents="[Install]\nAlso=b.service\n"),
            a_unit(
                enabled=False,
                contents="[Install]\nAlso=b.service\n",
                dropins=[{"name": "10-a.conf", "contents": "[Unit]\n"}],
            ),
            Change(
                "unit",
                "a.service",
                "changed",
                (Setting("enabled", "true", "false"),),
                (Contents(DROPIN, None, b"[Unit]\n", public=True),),
            ),
            id="a unit is enabled no more and has a drop-in",
        ),
        pytest.param(
            a_unit(),
            None,
            Change(
                "unit",
                "a.service",
                "removed",
                contents=(Contents(TEXT, b"[Unit]\n", None, public=True),),
            ),
            id="a unit goes",
        ),
        pytest.param(
            a_unit(),
            a_unit(mask=True),
            Change(
                "unit",
                "a.service",
                "changed",
                (Setting("mask", "", "true"),),
                (Contents(TEXT, b"[Unit]\n", None, public=True),),
            ),
            id="a mask takes the place of its text",
        ),
        pytest.param({}, keys("ssh-rsa A"), Change("sshkey", "ssh-rsa A", "added"), id="a key"),
        pytest.param(
            keys("ssh-rsa A", "ssh-rsa B"),
            keys("ssh-rsa B"),
            Change("sshkey", "ssh-rsa A", "removed"),
            id="a key goes, another stays",
        ),
    ],
)
def test_a_change(
    before: dict[str, Any] | None, after: dict[str, Any] | None, expected: Change
) -> None:
    assert between(before, after) == (expected,)


def test_equivalent_manifests_have_no_changes() -> None:
    plain = a_file("a") | a_unit() | keys("ssh-rsa A", "ssh-rsa B")
    other = a_file(contents={"source": "data:;base64,YQ=="}) | a_unit(enabled=None)

    assert between(plain, other | keys("ssh-rsa B", "ssh-rsa A")) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(0o600, 0o644, id="a secret that is given free"),
        pytest.param(0o644, 0o600, id="a file that becomes a secret"),
        pytest.param(0o640, 0o640, id="one that a group may read"),
        pytest.param(None, 0o600, id="a new secret"),
        pytest.param(0o600, None, id="a secret that goes"),
    ],
)
def test_contents_that_are_not_world_readable_are_not_public(
    before: int | None, after: int | None
) -> None:
    def of(mode: int | None, text: str) -> dict[str, Any]:
        return {} if mode is None else a_file(text, mode=mode)

    [change] = between(of(before, "old"), of(after, "new"))

    assert [each.public for each in change.contents] == [False]
