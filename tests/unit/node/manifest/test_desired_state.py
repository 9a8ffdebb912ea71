"""The desired state of a manifest: paths, enablement and keys."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.manifest import desired_state
from machineconfig_node.systemd import unit_paths

from tests.unit.node.build import file, manifest, unit

NULL = ("link", "/dev/null", b"")


def paths(given: dict[str, Any]) -> dict[str, tuple[str, str, bytes]]:
    """Return the desired paths of a unit, relative to the folder of units."""
    wanted = desired_state.read(manifest(units=(given,))).paths.values()
    assert all((each.kind, each.name) == ("unit", "a.service") for each in wanted)
    return {
        os.path.relpath(each.path, unit_paths.UNIT_FOLDER): (each.type, each.target, each.content)
        for each in wanted
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({}, {}, id="a unit that says nothing is no path"),
        pytest.param({"contents": "[Unit]"}, {"a.service": ("file", "", b"[Unit]")}, id="text"),
        pytest.param({"contents": ""}, {}, id="empty text is none"),
        pytest.param({"mask": True}, {"a.service": NULL}, id="a mask is a link"),
        pytest.param({"mask": True, "contents": "[Unit]"}, {"a.service": NULL}, id="a mask wins"),
        pytest.param({"mask": False}, {}, id="no mask is no path of itself"),
        pytest.param(
            {"dropins": [{"name": "b.conf", "contents": "[Unit]"}]},
            {"a.service.d/b.conf": ("file", "", b"[Unit]")},
            id="a drop-in",
        ),
        pytest.param(
            {"dropins": [{"name": "b.conf", "contents": None}]},
            {"a.service.d/b.conf": ("absent", "", b"")},
            id="a drop-in without text is to be away",
        ),
    ],
)
def test_a_unit_consists_of_these_paths(
    members: dict[str, Any], expected: dict[str, object]
) -> None:
    assert paths(unit("a.service", **members)) == expected


def test_enablement_is_desired_only_if_it_is_set() -> None:
    units = unit("a.service", enabled=True), unit("b.service", enabled=False), unit("c.service")

    assert desired_state.read(manifest(units=units)).enablement == {
        "a.service": True,
        "b.service": False,
    }


@pytest.mark.parametrize(("owner", "expected"), [(None, 0), (0, 0), (7, 7), ("root", 0)])
def test_the_name_of_an_owner_is_resolved_on_the_node(
    disk: Path, owner: object, expected: int
) -> None:
    [wanted] = desired_state.read(
        manifest(file(disk / "a", user=owner, group=owner))
    ).paths.values()

    assert (wanted.uid, wanted.gid) == (expected, expected)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_a_missing_owner_is_refused_by_name(disk: Path, kind: str) -> None:
    given = file(disk / "a") | {kind: "nobody-at-all"}

    [refused] = desired_state.read(manifest(given)).refused.values()

    assert f"/a requires the {kind} nobody-at-all, which does not exist on this node" in refused
    assert f"add the {kind}" in refused


def test_a_digest_can_replace_a_content(disk: Path) -> None:
    whole = file(disk / "a", b"ours")
    digested = {key: value for key, value in whole.items() if key != "content"}
    digested["sha256"] = hashlib.sha256(b"ours").hexdigest()

    [by_content], [by_digest] = (
        desired_state.read(manifest(given)).paths.values() for given in (whole, digested)
    )

    assert by_digest.to_entry() == by_content.to_entry()
