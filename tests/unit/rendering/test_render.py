"""Rendering of several MachineConfigs."""

from hashlib import sha256
from typing import Any

import pytest

from controller.api.machine_config import MachineConfig
from controller.rendering.render import LARGEST, Rendered, render, stored_size
from tests.unit.rendering.build import files, gzipped, keys, machine_config, units


def rendered(*configs: dict[str, Any]) -> Rendered:
    """Return the rendered config of these configs, one per MachineConfig: 0, 1, 2."""
    sources = [machine_config(f"{index}", **each) for index, each in enumerate(configs)]
    found = render("worker", sources, "boot")
    assert isinstance(found, Rendered), found
    return found


def refused(*configs: dict[str, Any]) -> list[str]:
    """Return the refusals of these configs."""
    sources = [machine_config(f"{index}", **each) for index, each in enumerate(configs)]
    found = render("worker", sources, "boot")
    assert not isinstance(found, Rendered)
    return [str(each) for each in found]


def a_file(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a file
    return files({"path": "/etc/a"} | members)


def test_the_later_machine_config_wins_and_nothing_else_is_lost() -> None:
    found = rendered(
        files({"path": "/etc/a", "mode": 420}, {"path": "/etc/b"}) | keys("first"),
        a_file(mode=384) | keys("second"),
    )

    assert [(each["path"], each.get("mode")) for each in found.config["storage"]["files"]] == [
        ("/etc/a", 384),
        ("/etc/b", None),
    ]
    assert found.config["passwd"]["users"][0]["sshAuthorizedKeys"] == ["first", "second"]
    assert found.sources == ("0", "1")


def test_keys_in_a_block_are_merged_by_key_with_their_provenance() -> None:
    found = rendered(keys("first\nsecond\n"), keys("# of bob\nsecond\n\nthird\n"))

    assert found.config["passwd"]["users"][0]["sshAuthorizedKeys"] == ["first", "second", "third"]
    assert [(each.name, each.origin) for each in found.provenance] == [
        ("first", ("0",)),
        ("second", ("0", "1")),
        ("third", ("1",)),
    ]


@pytest.mark.parametrize(
    ("configs", "overwrite", "source"),
    [
        pytest.param([a_file()], False, "data:,", id="a file without a source is empty"),
        pytest.param(
            [a_file(contents={})], False, "data:,", id="empty contents count as no source"
        ),
        pytest.param(
            [a_file(contents={"source": ""})],
            True,
            "data:,",
            id="an empty source counts as a source",
        ),
        pytest.param(
            [a_file(contents={"source": "data:,a"})], True, "data:,a", id="a source overwrites"
        ),
        pytest.param(
            [a_file(contents={"source": "data:,a"}, overwrite=False)],
            False,
            "data:,a",
            id="unless overwrite is false",
        ),
        pytest.param(
            [a_file(contents={"source": "data:,a"}), a_file(mode=384)],
            True,
            "data:,a",
            id="a later one without a source keeps the earlier one's",
        ),
        pytest.param(
            [a_file(mode=384), a_file(contents={"source": "data:,a"})],
            True,
            "data:,a",
            id="an earlier one without a source decides nothing",
        ),
    ],
)
def test_unset_members_of_a_file_are_explicit_after_the_merge(
    configs: list[dict[str, Any]], overwrite: object, source: str
) -> None:
    [file] = rendered(*configs).config["storage"]["files"]

    assert (file["overwrite"], file["contents"]["source"]) == (overwrite, source)


def test_a_machine_config_without_a_config_adds_nothing() -> None:
    empty = MachineConfig.model_validate({"metadata": {"name": "00-worker"}})

    found = render("worker", [empty, machine_config("a", **a_file())], "boot")

    assert isinstance(found, Rendered)
    assert [each["path"] for each in found.config["storage"]["files"]] == ["/etc/a"]


def test_configs_of_older_versions_are_translated_to_the_newest() -> None:
    assert rendered({"ignition": {"version": "3.0.0"}}).config["ignition"]["version"] == "3.4.0"


def test_rendering_is_idempotent() -> None:
    once = rendered(
        a_file(contents=gzipped(b"a")) | units({"name": "a.service"}), files({"path": "/etc/b"})
    )

    assert rendered(once.config).config == once.config
    assert rendered(once.config).name == once.name


@pytest.mark.parametrize(
    ("config", "warning"),
    [
        pytest.param(
            {"passwd": {"users": [{"name": "boot", "keys": ["a"]}]}},
            "0: spec.config.passwd.users.0.keys: unused key keys; did you mean sshAuthorizedKeys?",
            id="a frequent mistake",
        ),
        pytest.param(
            a_file(permissions=420),
            "0: spec.config.storage.files.0.permissions: unused key permissions; "
            "did you mean mode?",
            id="a key of other tools",
        ),
        pytest.param(
            units({"name": "a.service", "enable": True}),
            "0: spec.config.systemd.units.0.enable: unused key enable; did you mean enabled?",
            id="a misspelling",
        ),
        pytest.param(
            {"xyz": 1}, "0: spec.config.xyz: unused key xyz", id="a key without a similar one"
        ),
    ],
)
def test_an_ignored_key_leads_to_a_warning(config: dict[str, Any], warning: str) -> None:
    assert [str(each) for each in rendered(config).warnings] == [warning]


def test_user_instead_of_name_leads_to_a_suggestion() -> None:
    reasons = refused({"passwd": {"users": [{"user": "boot", "sshAuthorizedKeys": ["a"]}]}})

    assert any(each.startswith("0: spec.config.passwd.users.0.name: ") for each in reasons)


def test_a_config_near_the_limit_of_the_api_server_is_refused() -> None:
    def of(length: int) -> dict[str, Any]:
        return a_file(contents={"source": "data:," + "x" * length})

    frame = stored_size(rendered(of(0)).config)

    assert rendered(of(LARGEST - frame))
    [reason] = refused(of(LARGEST - frame + 1))
    assert f"has {LARGEST + 1} bytes, more than {LARGEST}" in reason


def test_a_conflict_that_only_the_merge_creates_is_refused() -> None:
    [reason] = refused(a_file(user={"id": 0}), {}, a_file(user={"name": "root"}))

    assert reason == (
        "0 + 2: spec.config.storage.files.0.user: /etc/a, merged: cannot set both id and name "
        "(set either the id or the name of the owner)"
    )


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        pytest.param(
            gzipped(b"a"), {"source": "data:,plain"}, id="the earlier compression, a plain source"
        ),
        pytest.param(
            {"source": "data:,a", "verification": {"hash": f"sha256-{sha256(b'a').hexdigest()}"}},
            {"source": "data:,b"},
            id="the earlier digest, another source",
        ),
    ],
)
def test_inconsistent_contents_after_a_merge_are_refused(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    [reason] = refused(a_file(contents=earlier), a_file(contents=later))

    assert "spec.config.storage.files.0.contents" in reason


def test_a_file_at_the_directory_of_another_names_both() -> None:
    [reason] = refused(files({"path": "/etc/a/b"}), {}, files({"path": "/etc/a"}))

    assert reason.startswith("0 + 2: spec.config.storage.files.0.path: /etc/a/b, merged: ")
