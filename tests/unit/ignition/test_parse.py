"""Parsing of bytes to a config or its problems: JSON by Go's rules, versions, ignored keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.ignition import Entry, parse

from .configs import config, file, ignition, storage

MINIMAL = {"ignition": {"version": "3.4.0"}}


def test_an_empty_config_is_valid() -> None:
    result = parse(config())
    assert (result.valid, result.config, result.report) == (True, MINIMAL, ())


def test_empty_members_are_left_out_of_the_config() -> None:
    raw = config(storage={"files": []}, systemd={}, passwd={"users": [{"name": "a", "groups": []}]})
    assert parse(raw).config == MINIMAL | {"passwd": {"users": [{"name": "a"}]}}


def test_an_invalid_config_is_not_returned() -> None:
    result = parse(file(mode=-1))
    assert (result.valid, result.config) == (False, None)


@pytest.mark.parametrize("version", ["3.4.0", "03.4.0", "3.04.0", "3.4.00", "3.4.0-", "3.4.0+"])
def test_all_spellings_of_version_3_4_0_are_accepted(version: str) -> None:
    assert parse(ignition(version=version)).valid


@pytest.mark.parametrize(
    "version",
    [
        "",
        None,
        "3.4",
        "v3.4.0",
        " 3.4.0",
        "3.4.0+meta",
        "3.4.0-rc",
        "3.5.0",
        "3.3.0",
        "2.3.0",
        "٣.4.0",
    ],
)
def test_another_version_is_refused_with_the_supported_one(version: str | None) -> None:
    result = parse(ignition(version=version))
    assert not result.valid
    assert [(entry.severity, entry.path) for entry in result.report] == [
        ("error", "$.ignition.version")
    ]
    assert "3.4.0" in result.report[0].message


def test_an_older_config_is_translated_to_3_4_0_on_request() -> None:
    raw = ignition(version="3.0.0", proxy={"httpProxy": "http://x"})
    assert not parse(raw).valid
    result = parse(raw, older=True)
    assert result.config == MINIMAL
    assert result.report == (Entry("warning", "$.ignition.proxy", "unused key proxy"),)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b'{"ignition": {"version": "3.4.0"}} {}',
        b'{"ignition": {"version": "3.4.0",}}',
        b'{"ignition": {"version": "3.4.0"}, "x": NaN}',
        b'{"ignition": {"version": "3.4.0"}, "x": 01}',
        b'{"ignition": {"version": "3.4.0"}, "x": "\t"}',
        b'{"ignition": {"version": "3.4.0"}, "x": "\\ud8"}',
        b'\xef\xbb\xbf{"ignition": {"version": "3.4.0"}}',
        b'{"ignition": {"version": "3.4.0"}, "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    ],
)
def test_invalid_json_is_one_error_at_the_top(raw: bytes) -> None:
    assert [(entry.severity, entry.path) for entry in parse(raw).report] == [("error", "$")]


def test_invalid_json_is_reported_with_its_line() -> None:
    assert parse(b'{\n"ignition": }').report[0].message == "not JSON: unexpected '}' in line 2"


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        (config(storage=[]), "$.storage", "must be an object, not a list"),
        (storage(files={}), "$.storage.files", "must be a list, not an object"),
        (storage(files=[1]), "$.storage.files.0", "must be an object, not the number 1"),
        (file(mode="0644"), "$.storage.files.0.mode", "must be an integer, not a string"),
        (file(mode=420.0), "$.storage.files.0.mode", "must be an integer, not the number 420.0"),
        (file(mode=2**63), "$.storage.files.0.mode", f"must be an integer, not the number {2**63}"),
        (file(mode=True), "$.storage.files.0.mode", "must be an integer, not true or false"),
        (
            file(overwrite=1),
            "$.storage.files.0.overwrite",
            "must be true or false, not the number 1",
        ),
        (b"[]", "$", "must be an object, not a list"),
    ],
)
def test_a_value_of_the_wrong_type_is_reported_with_its_path(
    raw: bytes, path: str, message: str
) -> None:
    assert parse(raw).report == (Entry("error", path, message),)


def test_values_of_the_wrong_type_are_reported_with_all_other_problems() -> None:
    files = [
        {"path": "/a", "mode": "0644"},
        {"path": 1},
        {"path": "b", "permissions": 1},
        {"path": []},
    ]
    result = parse(storage(files=files))

    assert result.config is None
    assert sorted(entry.path for entry in result.report) == [
        "$.storage.files.0.mode",
        "$.storage.files.1.path",
        "$.storage.files.2.path",
        "$.storage.files.2.permissions",
        "$.storage.files.3.path",
    ]


def test_an_integer_may_use_all_64_bits() -> None:
    raw = config(
        passwd={"users": [{"name": "a", "uid": -(2**63)}, {"name": "b", "uid": 2**63 - 1}]}
    )
    assert parse(raw).valid


def test_an_ignored_key_leads_to_a_warning_with_a_suggestion() -> None:
    raw = config(
        systemd={"units": [{"name": "a.service", "enable": True}], "zzz": 1},
        passwd={"users": [{"user": "boot", "name": ""}]},
    )
    assert sorted(entry.message for entry in parse(raw).report) == [
        "unused key enable; did you mean enabled?",
        "unused key user; did you mean name?",
        "unused key zzz",
    ]


def test_a_key_in_another_case_is_used_with_a_warning() -> None:
    result = parse(storage(files=[{"PATH": "/f", "mode": 384, "Mode": 420}]))
    assert result.config == MINIMAL | {"storage": {"files": [{"path": "/f", "mode": 420}]}}
    assert {entry.path for entry in result.report} == {
        "$.storage.files.0.PATH",
        "$.storage.files.0.Mode",
    }


def test_the_last_of_repeated_keys_wins_and_objects_are_merged() -> None:
    raw = (
        b'{"ignition": {"version": "3.4.0"}, "storage": {"directories": [{"path": "/d"}]},'
        b' "storage": {"files": [{"path": "/a", "path": "/b"}]}}'
    )
    assert parse(raw).config == MINIMAL | {
        "storage": {"directories": [{"path": "/d"}], "files": [{"path": "/b"}]}
    }


def test_null_counts_as_unset_with_a_warning_for_an_object() -> None:
    result = parse(config(storage=None, systemd={"units": None}))
    assert result.config == MINIMAL
    assert [(entry.severity, entry.path) for entry in result.report] == [("warning", "$.storage")]


def test_a_later_null_unsets_what_can_be_unset() -> None:
    raw = b'{"ignition": {"version": "3.4.0", "version": null}, "storage": {"files":'
    raw += b'[{"path": "/f", "mode": 1, "mode": null}]}}'
    assert parse(raw).config == MINIMAL | {"storage": {"files": [{"path": "/f"}]}}


def test_invalid_utf_8_becomes_replacement_characters() -> None:
    raw = (
        b'{"ignition": {"version": "3.4.0"}, "storage": {"files": [{"path": "/\xe2\x82\\ud800"}]}}'
    )
    parsed = parse(raw).config
    assert parsed is not None
    assert parsed["storage"]["files"] == [{"path": "/\ufffd\ufffd\ufffd"}]


def test_deep_nesting_below_an_ignored_key_is_harmless() -> None:
    raw = b'{"ignition": {"version": "3.4.0"}, "x": ' + b"[" * 9_999 + b"]" * 9_999 + b"}"
    assert parse(raw).valid


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["storage", "files", "path", "systemd", "units", "name", "contents", "x"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.binary())
def test_no_bytes_raise_an_error(raw: bytes) -> None:
    assert parse(raw).valid is False
    assert parse(raw, older=True).valid is False


@given(st.dictionaries(st.sampled_from(["storage", "systemd", "passwd", "x"]), JSON))
def test_no_json_raises_an_error_and_a_valid_config_stays_valid(members: dict[str, object]) -> None:
    once = parse(json.dumps(MINIMAL | members).encode())
    if once.valid:
        again = parse(json.dumps(once.config).encode())
        assert again.config == once.config
