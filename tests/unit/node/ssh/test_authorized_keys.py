"""Managed keys are in a block of their own; other keys in the file stay."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machineconfig_node.base.errors import NodeError
from machineconfig_node.ssh import authorized_keys
from machineconfig_node.ssh.key_block import BEGIN, END

MINE = "ssh-rsa MINE me@home\n"


def keys_file(home: Path) -> Path:
    return home / ".ssh" / "authorized_keys"


def put(home: Path, content: str | bytes) -> Path:
    """Write the file as its user would."""
    path = keys_file(home)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(0o600)
    return path


def block(*keys: str) -> str:
    return "".join(f"{line}\n" for line in (BEGIN, *keys, END))


@pytest.mark.parametrize(
    ("before", "keys", "after"),
    [
        pytest.param("", ["a", "b"], block("a", "b"), id="the first keys"),
        pytest.param(MINE, ["a"], MINE + block("a"), id="below what is there"),
        pytest.param(MINE.rstrip(), ["a"], MINE + block("a"), id="though its last line has no end"),
        pytest.param(block("a", "b"), ["b"], block("b"), id="a key less"),
        pytest.param(block("a"), ["a"], block("a"), id="the same"),
        pytest.param(MINE + block("a"), [], MINE, id="none: no block"),
        pytest.param(block("a") + MINE, ["b"], MINE + block("b"), id="what stands below the block"),
        pytest.param("# a comment\n\n" + MINE, ["a"], "# a comment\n\n" + MINE + block("a")),
    ],
)
def test_the_block_contains_the_managed_keys_and_other_lines_stay(
    home: Path, before: str, keys: list[str], after: str
) -> None:
    path = put(home, before)

    authorized_keys.write_managed("boot", keys)

    assert path.read_text() == after
    assert not authorized_keys.difference("boot", keys)


def test_a_home_without_keys_gets_a_private_folder_and_file(home: Path) -> None:
    authorized_keys.write_managed("boot", ["a"])

    assert stat.S_IMODE(keys_file(home).stat().st_mode) == 0o600
    assert stat.S_IMODE(keys_file(home).parent.stat().st_mode) == 0o700


def test_invalid_rights_are_a_difference_and_are_fixed(home: Path) -> None:
    path = put(home, block("a"))
    path.chmod(0o666)

    assert authorized_keys.difference("boot", ["a"]) == f"mode of {path}"
    authorized_keys.write_managed("boot", ["a"])
    assert not authorized_keys.difference("boot", ["a"])


def test_without_managed_keys_there_is_no_difference(home: Path) -> None:
    put(home, MINE).chmod(0o644)

    assert not authorized_keys.difference("boot", [])
    assert not authorized_keys.difference("nobody-at-all", [])


def test_keys_for_a_missing_user_are_refused_with_a_remedy() -> None:
    with pytest.raises(NodeError, match=r"nobody-at-all.*useradd --create-home nobody-at-all"):
        authorized_keys.difference("nobody-at-all", ["a"])


@pytest.mark.parametrize("before", [None, MINE])
def test_the_previous_file_can_be_rolled_back(home: Path, before: str | None) -> None:
    if before is not None:
        put(home, before)
    kept = authorized_keys.read("boot")

    authorized_keys.write_managed("boot", ["a"])
    authorized_keys.roll_back("boot", kept)

    assert authorized_keys.read("boot") == before


LINES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(outside=st.lists(LINES, max_size=4), keys=st.lists(LINES, min_size=1, max_size=3))
def test_writing_is_idempotent_and_removing_the_keys_restores_the_file(
    home: Path, outside: list[str], keys: list[str]
) -> None:
    before = "".join(f"{line}\n" for line in outside)
    path = put(home, before)

    authorized_keys.write_managed("boot", keys)
    once = path.read_text()
    authorized_keys.write_managed("boot", keys)

    assert path.read_text() == once
    authorized_keys.write_managed("boot", [])
    assert path.read_text() == before


def test_a_comment_in_another_encoding_is_kept(home: Path) -> None:
    path = put(home, "ssh-rsa MINE jürgen\n".encode("latin-1"))

    authorized_keys.write_managed("boot", ["a"])

    assert path.read_bytes() == "ssh-rsa MINE jürgen\n".encode("latin-1") + block("a").encode()


@pytest.mark.parametrize("odd", ["\x0c", "\x85", "\u2028"])
def test_only_a_newline_ends_a_line(home: Path, odd: str) -> None:
    path = put(home, f"ssh-rsa MINE a{odd}b\n")

    authorized_keys.write_managed("boot", ["a"])

    assert path.read_bytes().decode() == f"ssh-rsa MINE a{odd}b\n{block('a')}"


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(f"{BEGIN}\na\n{MINE}", id="its end was removed"),
        pytest.param(f"{END}\n{MINE}{BEGIN}\n", id="its ends were swapped"),
    ],
)
def test_a_damaged_block_is_fixed_by_one_write(home: Path, damaged: str) -> None:
    path = put(home, damaged)

    authorized_keys.write_managed("boot", ["a"])

    assert not authorized_keys.difference("boot", ["a"])
    assert MINE in path.read_text()


def link_file(home: Path) -> Path:
    put(home, MINE).rename(home / "elsewhere")
    keys_file(home).symlink_to(home / "elsewhere")
    return keys_file(home)


def link_folder(home: Path) -> Path:
    put(home, MINE).parent.rename(home / "elsewhere")
    keys_file(home).parent.symlink_to(home / "elsewhere")
    return keys_file(home).parent


def link_to_nothing(home: Path) -> Path:
    keys_file(home).parent.mkdir()
    keys_file(home).symlink_to(home / "nowhere")
    return keys_file(home)


@pytest.mark.parametrize("link", [link_file, link_folder, link_to_nothing])
def test_a_link_in_place_of_the_keys_file_is_reported_and_kept(
    home: Path, link: Callable[[Path], Path]
) -> None:
    place = link(home)
    target = place.readlink()

    assert authorized_keys.difference("boot", ["a"]) == f"a link is in the place of {place}"
    for act in authorized_keys.validate, authorized_keys.write_managed:
        with pytest.raises(
            NodeError,
            match=rf"{place} is a link to {target}.*; replace it by .* owned by boot.*or remove",
        ):
            act("boot", ["a"])

    assert place.readlink() == target


@pytest.mark.parametrize("link", [link_file, link_folder, link_to_nothing])
def test_the_users_own_link_is_no_problem_without_managed_keys(
    home: Path, link: Callable[[Path], Path]
) -> None:
    place = link(home)

    authorized_keys.validate("boot", [])
    authorized_keys.write_managed("boot", [])

    assert place.is_symlink()
    assert not authorized_keys.difference("boot", [])


def test_managed_keys_behind_a_link_are_detected(home: Path) -> None:
    link_file(home)
    (home / "elsewhere").write_text(block("revoked"))

    assert authorized_keys.difference("boot", []) == f"a link is in the place of {keys_file(home)}"
    with pytest.raises(NodeError, match="is a link to"):
        authorized_keys.write_managed("boot", [])


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_special_file_is_reported_without_blocking(
    home: Path, make: Callable[[Path], None]
) -> None:
    keys_file(home).parent.mkdir()
    make(keys_file(home))

    assert "is in the place of" in authorized_keys.difference("boot", ["a"])


def test_a_home_may_be_below_a_link_of_the_administrator(home: Path) -> None:
    home.rename(home.with_name("moved"))
    home.symlink_to(home.with_name("moved"))

    authorized_keys.write_managed("boot", ["a"])

    assert not authorized_keys.difference("boot", ["a"])
