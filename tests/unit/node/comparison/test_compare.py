"""Differences of the disk and of the record from the manifest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from machineconfig_node.apply.preview import fingerprint
from machineconfig_node.comparison import compare
from machineconfig_node.manifest import desired_state
from machineconfig_node.record.node_record import Record
from machineconfig_node.ssh import authorized_keys

from tests.unit.node.build import file, manifest, unit
from tests.unit.node.conftest import MACHINE_ID, UNITS

NEW = Record(MACHINE_ID)


def on_disk(*files: dict[str, Any], **others: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - as manifest
    """Return each difference of the disk: kind, last part of the name, and what differs."""
    found = compare.of_disk(desired_state.read(manifest(*files, **others)))
    return [(each.kind, Path(each.name).name, each.what) for each in found]


def as_wanted(path: Path) -> None:
    path.write_bytes(b"ours")
    path.chmod(0o644)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda _: None, None, id="nothing"),
        pytest.param(lambda path: path.write_bytes(b"theirs"), "content", id="content"),
        pytest.param(lambda path: path.chmod(0o600), "mode", id="mode"),
        pytest.param(lambda path: path.chmod(0o4644), "mode", id="a set-user-id bit"),
        pytest.param(
            lambda path: (path.write_bytes(b"theirs"), path.chmod(0o600)),
            "content, mode",
            id="both",
        ),
        pytest.param(lambda path: path.unlink(), "missing", id="missing"),
        pytest.param(
            lambda path: (path.unlink(), path.mkdir()), "a folder is in its place", id="a folder"
        ),
        pytest.param(
            lambda path: (path.rename(path.with_suffix(".x")), path.symlink_to("a.x")),
            "a link is in its place",
            id="a link to the same content",
        ),
    ],
)
def test_a_file_differs_in(disk: Path, change: Callable[[Path], object], what: str | None) -> None:
    as_wanted(disk / "a")
    change(disk / "a")

    assert on_disk(file(disk / "a")) == ([("file", "a", what)] if what else [])


def test_a_different_owner_is_a_difference(disk: Path) -> None:
    as_wanted(disk / "a")

    wanted = file(disk / "a")
    found = on_disk(wanted | {"user": wanted["user"] + 1, "group": wanted["group"] + 1})

    assert found == [("file", "a", "owner, group")]


def test_a_changed_unit_file_or_drop_in_is_a_difference_of_the_unit() -> None:
    given = unit("a.service", contents="[Unit]", dropins=[{"name": "b.conf", "contents": "[X]"}])

    assert on_disk(units=(given,)) == [("unit", "a.service", "missing")] * 2


def test_a_removed_mask_is_a_difference(disk: Path) -> None:
    given = unit("a.service", mask=True)

    assert on_disk(units=(given,)) == [("unit", "a.service", "not masked")]
    (disk / UNITS / "a.service").symlink_to("/dev/zero")
    assert on_disk(units=(given,)) == [("unit", "a.service", "not masked")]
    (disk / UNITS / "a.service").unlink()
    (disk / UNITS / "a.service").symlink_to("/dev/null")
    assert on_disk(units=(given,)) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda _: None, None, id="nothing"),
        pytest.param(lambda path: path.unlink(), "keys", id="no file"),
        pytest.param(lambda path: path.write_text("k\n"), "keys", id="no block"),
        pytest.param(lambda path: path.chmod(0o644), "mode of", id="mode"),
        pytest.param(lambda path: path.parent.chmod(0o755), "mode of", id="mode of the folder"),
        pytest.param(
            lambda path: path.write_text("ssh-rsa mine\n" + path.read_text()), None, id="one's own"
        ),
    ],
)
def test_keys_differ_in(home: Path, change: Callable[[Path], object], what: str | None) -> None:
    authorized_keys.write_managed("boot", ["k"])
    change(home / ".ssh" / "authorized_keys")

    found = on_disk(keys=("k",))

    if what is None:
        assert found == []
    else:
        assert [(kind, name) for kind, name, _ in found] == [("sshkey", "boot")]
        assert found[0][2].startswith(what)


def details(*files: dict[str, Any], **others: Any) -> list[str]:  # noqa: ANN401 - as manifest
    found = compare.of_disk(desired_state.read(manifest(*files, **others)))
    return [each.detail for each in found]


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        pytest.param(
            lambda path: path.unlink(), "a file wanted, nothing found", id="nothing there"
        ),
        pytest.param(
            lambda path: path.write_bytes(b"theirs"),
            "content of 4 bytes wanted, of 6 bytes found (SHA-256 ae0bec9e and 4c55a855)",
            id="content",
        ),
        pytest.param(
            lambda path: (path.write_bytes(b"theirs"), path.chmod(0o600)),
            "content of 4 bytes wanted, of 6 bytes found; mode 0644 wanted, 0600 found",
            id="content that not all may read",
        ),
        pytest.param(lambda path: path.chmod(0o4640), "mode 0644 wanted, 4640 found", id="mode"),
        pytest.param(
            lambda path: (path.unlink(), path.symlink_to("/x\n\u202e")),
            r"a file wanted, a link to '/x\n\u202e' found",
            id="a link",
        ),
    ],
)
def test_a_difference_describes_desired_and_found_state(
    disk: Path, change: Callable[[Path], object], detail: str
) -> None:
    as_wanted(disk / "a")
    change(disk / "a")

    assert details(file(disk / "a")) == [detail]


def test_a_difference_of_owners_names_both_owners(disk: Path) -> None:
    as_wanted(disk / "a")
    wanted = file(disk / "a")
    user, group = wanted["user"], wanted["group"]

    found = details(wanted | {"user": user + 1, "group": group + 2})

    assert found == [
        f"owner {user + 1} wanted, {user} found; group {group + 2} wanted, {group} found"
    ]


def test_a_missing_mask_is_described_with_what_is_there(disk: Path) -> None:
    (disk / UNITS / "a.service").write_text("[Unit]\n")

    assert details(units=(unit("a.service", mask=True),)) == [
        "a link to '/dev/null' wanted, a file found"
    ]


def test_details_do_not_change_the_fingerprint() -> None:
    first, then = ({"name": "/etc/a", "what": "mode", "detail": each} for each in ("0600", "0640"))

    assert fingerprint([first]) == fingerprint([then])
    assert fingerprint([first]) != fingerprint([{**first, "what": "owner"}])


@pytest.mark.parametrize("kind", ["file", "unit", "sshkey"])
def test_a_difference_never_contains_file_contents(disk: Path, kind: str) -> None:
    (disk / "a").write_text("their secret")
    given = {
        "file": manifest(file(disk / "a", b"our secret")),
        "unit": manifest(units=(unit("a.service", contents="our secret"),)),
        "sshkey": manifest(keys=("our secret",)),
    }[kind]

    [found] = compare.of_disk(desired_state.read(given))

    assert "secret" not in str(found.to_dict())


def recorded(wanted: dict[str, Any]) -> Record:
    """Return the record of a node that this manifest was applied to."""
    read = desired_state.read(wanted)
    return Record(
        MACHINE_ID,
        config=read.config,
        paths={
            path: {"original": {"type": "absent"}, **each.to_entry()}
            for path, each in read.paths.items()
        },
        units={
            name: {"before": "disabled", "enabled": enabled}
            for name, enabled in read.enablement.items()
        },
        keys={"user": read.user, "keys": read.keys} if read.keys else {},
    )


def whole(disk: Path, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a manifest
    """Return a manifest of a file, a unit and a key, with these parts changed."""
    return manifest(file(disk / "a")) | {
        "units": [unit("a.service", contents="[Unit]", enabled=True)],
        "keys": ["k"],
        **changes,
    }


def both(record: Record, given: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return what the manifest changes compared with the record."""
    read = desired_state.read(given)
    found = compare.of_record(read, record) + compare.to_remove(read, record)
    return [(each.kind, Path(each.name).name, each.what) for each in found]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"config": "another name"}, [], id="a name alone"),
        pytest.param({"keys": ["l"]}, [("sshkey", "boot", "changed")], id="keys"),
        pytest.param({"keys": []}, [("sshkey", "boot", "no longer managed")], id="no more keys"),
        pytest.param(
            {"units": [unit("a.service", contents="[Unit]", enabled=False)]},
            [("unit", "a.service", "enablement")],
            id="enablement",
        ),
        pytest.param(
            {"units": [unit("a.service", contents="[Unit]")]},
            [("unit", "a.service", "no longer managed")],
            id="enablement left to the administrator",
        ),
        pytest.param(
            {"units": [unit("a.service", contents="[X]", enabled=True)]},
            [("unit", "a.service", "changed")],
            id="text",
        ),
        pytest.param(
            {"units": []}, [("unit", "a.service", "no longer managed")] * 2, id="no more unit"
        ),
        pytest.param({"files": []}, [("file", "a", "no longer managed")], id="no more file"),
    ],
)
def test_changes_compared_with_the_record_are_found(
    disk: Path, changes: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    assert both(recorded(whole(disk)), whole(disk, **changes)) == expected


@pytest.mark.parametrize("changed", [{"mode": 0o600}, {"content": b""}])
def test_a_changed_file_differs_from_the_record(disk: Path, changed: dict[str, Any]) -> None:
    record = recorded(manifest(file(disk / "a")))

    assert both(record, manifest(file(disk / "a", **changed))) == [("file", "a", "changed")]


def test_a_node_without_a_config_has_no_differences_from_its_record(disk: Path) -> None:
    assert both(NEW, whole(disk)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda _: None, True),
        (lambda path: path.write_bytes(b"theirs"), False),
        (lambda path: path.chmod(0o600), False),
        (lambda path: path.unlink(), False),
    ],
)
def test_a_path_matches_its_entry_until_it_is_changed(
    disk: Path, change: Callable[[Path], object], expected: object
) -> None:
    as_wanted(disk / "a")
    [mark] = recorded(manifest(file(disk / "a"))).paths.values()
    change(disk / "a")

    assert compare.matches(str(disk / "a"), mark) is expected


def test_a_path_below_a_new_link_is_reported_without_reading_it(disk: Path) -> None:
    (disk / "real").mkdir()
    (disk / "real" / "a").write_bytes(b"ours")
    (disk / "conf").symlink_to("real")

    [found] = compare.of_paths(desired_state.read(manifest(file(disk / "conf" / "a"))))

    assert found.what == "below a link"
