"""Configs of versions 3.0 to 3.3: their keys, their rules and their translation."""

import json
from typing import Any

import pytest

from controller.ignition import parse

SHA256 = "sha256-" + "0" * 64


def findings(minor: int, **members: Any) -> list[str]:  # noqa: ANN401 - any JSON
    ignition = {"version": f"3.{minor}.0"} | members.pop("ignition", {})
    raw = json.dumps({"ignition": ignition} | members).encode()
    return [
        f"{entry.severity} {entry.path}: {entry.message}" for entry in parse(raw, older=True).report
    ]


def file(source: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"storage": {"files": [{"path": "/f", "contents": {"source": source} | members}]}}


def luks(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"storage": {"luks": [{"name": "l", "device": "/d"} | members]}}


@pytest.mark.parametrize(
    ("since", "members"),
    [
        (1, {"ignition": {"proxy": {"httpProxy": "http://x"}}}),
        (1, {"ignition": {"config": {"replace": {"compression": "gzip"}}}}),
        (1, file("http://x", httpHeaders=[{"name": "A", "value": "b"}])),
        (
            1,
            {
                "storage": {
                    "filesystems": [{"device": "/d", "format": "xfs", "mountOptions": ["a"]}]
                }
            },
        ),
        (2, luks()),
        (
            2,
            {
                "storage": {
                    "disks": [{"device": "/d", "partitions": [{"number": 1, "resize": True}]}]
                }
            },
        ),
        (2, {"passwd": {"users": [{"name": "u", "shouldExist": True}]}}),
        (2, {"passwd": {"groups": [{"name": "g", "shouldExist": True}]}}),
        (3, {"kernelArguments": {"shouldExist": ["a"]}}),
        (4, luks(discard=True)),
        (4, luks(openOptions=["a"])),
    ],
)
def test_a_key_is_ignored_before_its_version(since: int, members: dict[str, Any]) -> None:
    for minor in range(5):
        found = findings(minor, **members)
        known = minor >= since
        assert all("unused key" in line for line in found)
        assert known == (not found), (minor, found)


@pytest.mark.parametrize(
    ("since", "members", "found"),
    [
        (1, file("data:,", verification={"hash": SHA256}), "unrecognized hash function"),
        (2, file("gs://b/o"), "invalid url scheme"),
        (4, file("arn:aws:s3:::b/o"), "invalid url scheme"),
        (
            3,
            {"storage": {"filesystems": [{"device": "/d", "format": "none"}]}},
            "invalid filesystem",
        ),
    ],
)
def test_a_value_is_refused_before_its_version(
    since: int, members: dict[str, Any], found: str
) -> None:
    for minor in range(5):
        assert (minor >= since) == (not any(found in line for line in findings(minor, **members)))


@pytest.mark.parametrize(
    ("since", "members", "found"),
    [
        (1, {"ignition": {"config": {"merge": [{}]}}}, "source is required"),
        (3, {"storage": {"links": [{"path": "/l"}]}}, "link target is required"),
    ],
)
def test_a_rule_applies_from_its_version_on(
    since: int, members: dict[str, Any], found: str
) -> None:
    for minor in range(5):
        assert (minor >= since) == any(found in line for line in findings(minor, **members))


def test_a_certificate_of_3_0_has_a_source_that_can_be_fetched() -> None:
    members: dict[str, Any] = {"ignition": {"security": {"tls": {"certificateAuthorities": [{}]}}}}
    place = "$.ignition.security.tls.certificateAuthorities.0"
    assert findings(0, **members) == [f"error {place}.source: invalid url scheme"]
    assert findings(1, **members) == [f"error {place}: source is required"]


def test_any_custom_clevis_was_exclusive_in_3_2_and_only_a_pin_is_since() -> None:
    members = luks(clevis={"tpm2": True, "custom": {}})
    assert "cannot use custom clevis config" in findings(2, **members)[0]
    assert findings(3, **members) == []


def test_null_was_a_value_of_clevis_in_3_2() -> None:
    members = luks(clevis=None)
    assert findings(2, **members) == []
    assert findings(3, **members)[0].startswith("warning $.storage.luks.0.clevis: null")


def test_a_link_without_target_of_3_2_becomes_one_to_the_empty_path() -> None:
    raw = b'{"ignition": {"version": "3.2.0"}, "storage": {"links": [{"path": "/l"}]}}'
    assert parse(raw, older=True).config == {
        "ignition": {"version": "3.4.0"},
        "storage": {"links": [{"path": "/l", "target": ""}]},
    }
