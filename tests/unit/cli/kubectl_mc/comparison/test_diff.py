"""`kubectl mc diff` shows changes and their disruption, but protected contents only on demand."""

import base64
from hashlib import sha256
from typing import Any

import pytest

from controller.api.json_object import Json
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import (
    Result,
    a_file,
    a_key,
    a_unit,
    machine_config,
    pool,
    restart_policy,
    write,
)

EMPTY = machine_config("00-worker")


@pytest.fixture
def compare(mc: Run) -> Any:  # noqa: ANN401 - a function with options
    """Return a function that compares two sets of objects."""

    def run(old: list[Json], new: list[Json], *arguments: str) -> Result:
        write("old/all.yaml", EMPTY, *old)
        write("new/all.yaml", EMPTY, *new)
        return mc("diff", "-f", "new", "--against", "old", *arguments)

    return run


def in_base64(data: bytes) -> str:
    return f"data:;base64,{base64.b64encode(data).decode()}"


def test_without_changes_the_exit_code_is_0(compare: Run) -> None:
    result = compare([machine_config()], [machine_config("60-b")])

    assert (result.code, result.stdout) == (0, "pool worker: no difference\n")


def test_a_text_file_is_shown_as_a_unified_diff(compare: Run) -> None:
    old = machine_config(**a_file(source="data:,a%0Ab%0Ac", mode=0o644))
    new = machine_config(**a_file(source="data:,a%0AB%0Ac%0A", mode=0o664))

    result = compare([old], [new])

    assert result.code == 1
    header, *lines = result.stdout.splitlines()
    assert header.startswith("pool worker: rendered-worker-")
    assert lines == [
        "  ~ file /etc/a",
        "    mode: 0644 -> 0664",
        "    --- /etc/a",
        "    +++ /etc/a",
        "    @@ -1,3 +1,3 @@",
        "     a",
        "    -b",
        "    -c",
        "    \\ No newline at end of file",
        "    +B",
        "    +c",
        "  disruption: none",
        "    None: /etc/a changed",
    ]


def test_additions_and_removals_are_shown_with_their_disruption(compare: Run) -> None:
    old = machine_config(**a_file("/etc/gone/a"))
    new = machine_config(**a_unit(), **a_key())

    result = compare([old], [new, restart_policy("/etc/gone", "sshd.service")])

    assert result.code == 1
    lines = result.stdout.splitlines()
    assert "  - file /etc/gone/a" in lines
    assert "    +++ /dev/null" in lines
    assert "  + unit a.service" in lines
    assert "    --- /dev/null" in lines
    assert any(each.startswith("  + SSH key ssh-ed25519 ") for each in lines)
    assert lines[-4:] == [
        "  disruption: Reboot, each node cordoned and drained first",
        "    Restart sshd.service: /etc/gone/a changed",
        "    Reboot: a.service changed",
        "    None: SSH keys of boot changed",
    ]


def test_the_effect_on_a_running_unit_is_shown(compare: Run) -> None:
    old = machine_config(**a_unit())
    new = machine_config(systemd={"units": [{"name": "a.service", "mask": True}]})
    sentence = "a.service is masked: if it runs, it ends with the reboot"

    assert compare([old], [new]).stdout.splitlines()[-1] == f"    {sentence}"
    [found] = compare([old], [new], "-o", "json").json["pools"]
    assert found["disruption"]["running"] == [sentence]


def test_the_new_policy_applies_and_without_one_the_old(compare: Run) -> None:
    policy = restart_policy("/etc/a", "a.service")
    change = [machine_config()], [machine_config(**a_file())]

    def reason(old: list[Json], new: list[Json]) -> str:
        result = compare(change[0] + old, change[1] + new)
        return str(result.stdout.splitlines()[-1].strip())

    assert reason([], []) == "None: /etc/a changed"
    assert reason([policy], []) == "Restart a.service: /etc/a changed"
    assert reason([policy], [restart_policy("/etc", "b.service")]) == (
        "Restart b.service: /etc/a changed"
    )


@pytest.mark.parametrize("modes", [(0o600, 0o644), (0o644, 0o600), (0o640, 0o640)])
def test_contents_that_are_not_world_readable_are_shown_only_on_demand(
    compare: Run, modes: tuple[int, int]
) -> None:
    old, new = (
        machine_config(**a_file(source=f"data:,{word}", mode=mode))
        for word, mode in zip(("TOPSECRET", "HUSHHUSH"), modes, strict=True)
    )

    for arguments in ((), ("-o", "json"), ("-o", "yaml")):
        result = compare([old], [new], *arguments)
        assert result.code == 1
        assert "TOPSECRET" not in result.stdout + result.stderr
        assert "HUSHHUSH" not in result.stdout + result.stderr
        assert "9 bytes" in result.stdout or "size" in result.stdout
        shown = compare([old], [new], *arguments, "--show-protected-contents")
        assert "TOPSECRET" in shown.stdout


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x00\x01", id="bytes"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"\x1b[2J", id="clears a screen"),
        pytest.param("\u009b2J".encode(), id="the same as one character"),
        pytest.param("a\u202eb".encode(), id="changes the writing direction"),
    ],
)
def test_binary_contents_are_shown_by_size_and_digest(compare: Run, data: bytes) -> None:
    old, new = machine_config(**a_file()), machine_config(**a_file(source=in_base64(data)))

    result = compare([old], [new], "--show-protected-contents")

    assert result.code == 1
    assert f"    + {len(data)} bytes, sha256:" in result.stdout
    assert not set(result.stdout) & set("\x1b\x9b\u202e\x00")
    assert (
        "text"
        not in compare([old], [new], "-o", "json").json["pools"][0]["changes"][0]["contents"][0][
            "after"
        ]
    )


def test_tabs_stay_and_carriage_returns_are_visible(compare: Run) -> None:
    new = machine_config(**a_file(source="data:,a%09b%0D%0A"))

    assert "    +a\tb\\r\n" in compare([machine_config()], [new]).stdout


def test_every_pool_is_compared_or_the_named_one(compare: Run) -> None:
    shared = machine_config(**a_file())
    master = machine_config("m", role="master", **a_file())
    objects = [shared, master, pool("infra")]

    every = compare([pool("infra")], objects)
    assert [each.split(":")[0] for each in every.stdout.splitlines() if "pool" in each] == [
        "pool infra",
        "pool master",
        "pool worker",
    ]
    one = compare([pool("infra")], objects, "--pool", "infra", "-o", "json")
    assert [each["pool"] for each in one.json["pools"]] == ["infra"]
    assert compare([], objects, "--pool", "nobody").code == 2


def test_the_document_has_everything(compare: Run) -> None:
    old = machine_config(**a_file(source="data:,old", mode=0o644))
    new = machine_config(**a_file(source="data:,new", mode=0o664), **a_unit(text="[Unit]\n"))

    [found] = compare([old], [new], "-o", "json").json["pools"]

    assert found["before"].startswith("rendered-worker-")
    assert found["after"] != found["before"]
    file, unit = found["changes"]
    assert file == {
        "kind": "file",
        "name": "/etc/a",
        "verb": "changed",
        "settings": [{"name": "mode", "before": "0644", "after": "0664"}],
        "contents": [
            {
                "name": "/etc/a",
                "before": {
                    "size": 3,
                    "sha256": sha256(b"old").hexdigest(),
                    "text": "old",
                },
                "after": {
                    "size": 3,
                    "sha256": sha256(b"new").hexdigest(),
                    "text": "new",
                },
            }
        ],
    }
    assert (unit["kind"], unit["verb"]) == ("unit", "added")
    assert unit["contents"][0]["before"] is None
    assert found["disruption"] == {
        "actions": [{"type": "Reboot"}],
        "drains": True,
        "reasons": ["None: /etc/a changed", "Reboot: a.service changed"],
        "running": [],
    }
