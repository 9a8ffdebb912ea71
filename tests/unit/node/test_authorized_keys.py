"""Managed keys stand in a block of their own; the keys that people put there stay."""

import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machineconfig_node import authorized_keys
from machineconfig_node.authorized_keys import BEGIN, END
from machineconfig_node.errors import NodeError

MINE = "ssh-rsa MINE me@home\n"


def keys_file(home: Path) -> Path:
    return home / ".ssh" / "authorized_keys"


def put(home: Path, content: str | bytes) -> Path:
    """Write the file as a person would."""
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
def test_the_block_holds_the_managed_keys_and_what_is_outside_stays(
    home: Path, before: str, keys: list[str], after: str
) -> None:
    path = put(home, before)

    authorized_keys.write("boot", keys)

    assert path.read_text() == after
    assert not authorized_keys.problem("boot", keys)


def test_a_home_without_keys_gets_a_folder_and_a_file_for_its_user_alone(home: Path) -> None:
    authorized_keys.write("boot", ["a"])

    assert stat.S_IMODE(keys_file(home).stat().st_mode) == 0o600
    assert stat.S_IMODE(keys_file(home).parent.stat().st_mode) == 0o700


def test_wrong_rights_are_a_problem_and_are_put_right(home: Path) -> None:
    path = put(home, block("a"))
    path.chmod(0o666)

    assert authorized_keys.problem("boot", ["a"]) == f"mode of {path}"
    authorized_keys.write("boot", ["a"])
    assert not authorized_keys.problem("boot", ["a"])


def test_where_no_keys_are_managed_nothing_is_a_problem(home: Path) -> None:
    put(home, MINE).chmod(0o644)

    assert not authorized_keys.problem("boot", [])
    assert not authorized_keys.problem("nobody-at-all", [])


def test_keys_for_a_user_who_is_not_there_are_refused_with_a_remedy() -> None:
    with pytest.raises(NodeError, match=r"nobody-at-all.*useradd --create-home nobody-at-all"):
        authorized_keys.problem("nobody-at-all", ["a"])


@pytest.mark.parametrize("before", [None, MINE])
def test_what_was_there_can_be_put_back(home: Path, before: str | None) -> None:
    if before is not None:
        put(home, before)
    kept = authorized_keys.read("boot")

    authorized_keys.write("boot", ["a"])
    authorized_keys.restore("boot", kept)

    assert authorized_keys.read("boot") == before


LINES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(outside=st.lists(LINES, max_size=4), keys=st.lists(LINES, min_size=1, max_size=3))
def test_writing_twice_is_writing_once_and_taking_the_keys_away_gives_the_file_back(
    home: Path, outside: list[str], keys: list[str]
) -> None:
    before = "".join(f"{line}\n" for line in outside)
    path = put(home, before)

    authorized_keys.write("boot", keys)
    once = path.read_text()
    authorized_keys.write("boot", keys)

    assert path.read_text() == once
    authorized_keys.write("boot", [])
    assert path.read_text() == before


def test_a_comment_in_another_encoding_stays_as_it_is(home: Path) -> None:
    path = put(home, "ssh-rsa MINE jürgen\n".encode("latin-1"))

    authorized_keys.write("boot", ["a"])

    assert path.read_bytes() == "ssh-rsa MINE jürgen\n".encode("latin-1") + block("a").encode()


@pytest.mark.parametrize("odd", ["\x0c", "\x85", "\u2028"])
def test_only_a_line_break_ends_a_line(home: Path, odd: str) -> None:
    path = put(home, f"ssh-rsa MINE a{odd}b\n")

    authorized_keys.write("boot", ["a"])

    assert path.read_bytes().decode() == f"ssh-rsa MINE a{odd}b\n{block('a')}"


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(f"{BEGIN}\na\n{MINE}", id="its end was removed"),
        pytest.param(f"{END}\n{MINE}{BEGIN}\n", id="its ends were swapped"),
    ],
)
def test_a_damaged_block_is_mended_in_one_write(home: Path, damaged: str) -> None:
    path = put(home, damaged)

    authorized_keys.write("boot", ["a"])

    assert not authorized_keys.problem("boot", ["a"])
    assert MINE in path.read_text()
