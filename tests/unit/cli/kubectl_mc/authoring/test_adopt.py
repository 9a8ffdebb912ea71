"""`kubectl mc adopt`: what stands on a node becomes what its pool wants."""

import base64
import gzip
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.cli.kubectl_mc.authoring import adopt_draft, adopt_placement, adopt_targets
from controller.cli.kubectl_mc.authoring.adopt_placement import Home
from controller.cli.kubectl_mc.authoring.draft import made
from controller.cli.kubectl_mc.node.node_contents import SeenOnNode
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.contents import LARGEST, decode
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.cli.kubectl_mc.manifests import a_file, a_unit, machine_config, pool
from tests.unit.cli.kubectl_mc.status.test_status import texts
from tests.unit.planning.build import node

NAME = "99-worker-adopted-w-1"
UNITS = "/etc/systemd/system"
TEXT = "[Service]\nExecStart=/bin/false\n"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"

Json = dict[str, Any]


def file(path: str, data: bytes = b"now\n", **fields: Any) -> Json:  # noqa: ANN401 - any field
    """Return what is seen of a file."""
    return {
        "path": path,
        "kind": "file",
        "folder": path.rpartition("/")[0] or "/",
        "mode": 0o644,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "content": base64.b64encode(data).decode(),
        **fields,
    }


def nothing(path: str) -> Json:
    return {"path": path, "kind": "nothing", "folder": path.rpartition("/")[0]}


def unit(enablement: str, text: str | None = None, *dropins: Json, **fields: Any) -> Json:  # noqa: ANN401 - any field
    """Return what is seen of a.service."""
    place = f"{UNITS}/a.service"
    fragment = nothing(place) if text is None else file(place, text.encode())
    return {
        "name": "a.service",
        "enablement": enablement,
        "fragment": {**fragment, **fields},
        "dropins": dropins,
    }


MASK = {"kind": "symlink", "target": "/dev/null", "content": None}


def home(*configs: Json, members: int = 1) -> Home:
    """Return the pool worker with these MachineConfigs."""
    nodes = [node(f"w-{number}") for number in range(1, members + 1)]
    seen = snapshot(*nodes, wanted=machine_config("00-base"))
    kept = (each for each in seen.machine_configs if each.name != "50-a")
    added = (MachineConfig.model_validate(each) for each in configs)
    seen = replace(seen, machine_configs=(*kept, *added))
    return adopt_placement.home("w-1", seen, "boot")


def adopt(
    where: Home,
    *words: str,
    files: tuple[Json, ...] = (),
    units: tuple[Json, ...] = (),
    name: str = NAME,
) -> tuple[Json, list[str]]:
    """Return the Ignition config that is made, and the notes on it."""
    before = where.before()
    managed = {each["path"] for each in before.manifest["files"]}
    wanted = adopt_targets.parse(words, managed)
    seen = SeenOnNode.model_validate({"files": files, "units": units})
    config = made(name, "worker", adopt_draft.parts("w-1", wanted, seen, before))
    notes = texts(where.prove(config.manifest))
    return config.manifest["spec"]["config"], notes


def the_unit(where: Home, seen: Json) -> Json:
    config, _ = adopt(where, "a.service", units=(seen,))
    [made_of_it] = config["systemd"]["units"]
    return dict(made_of_it)


def test_a_file_is_wanted_with_its_contents_mode_and_owner() -> None:
    config, notes = adopt(
        home(members=3),
        "/etc/app/a b",
        files=(file("/etc/app/a b", b"\x00\xff", mode=0o600, uid=1000, gid=4),),
    )

    [entry] = config["storage"]["files"]
    assert decode(entry.pop("contents")) == b"\x00\xff"
    assert entry == {
        "path": "/etc/app/a b",
        "overwrite": True,
        "mode": 0o600,
        "user": {"id": 1000},
        "group": {"id": 4},
    }
    assert notes == [
        "note: /etc/app/a b as it is on w-1",
        f"note: {NAME} concerns all 3 nodes of pool worker (w-1, w-2, w-3)",
    ]


def test_it_wins_over_the_machine_config_that_has_the_file_now() -> None:
    other = machine_config("50-motd", **a_file("/etc/motd", mode=0o600, user={"id": 7}))

    config, notes = adopt(home(other), "/etc/motd", files=(file("/etc/motd"),))

    assert config["storage"]["files"][0]["user"] == {"id": 0}
    assert notes[0] == "note: /etc/motd as it is on w-1, over 50-motd"


def test_where_another_comes_later_the_name_that_would_win_is_told() -> None:
    other = machine_config("zz-motd", **a_file("/etc/motd"))

    with pytest.raises(CommandError, match="/etc/motd: zz-motd comes after") as beaten:
        adopt(home(other), "/etc/motd", files=(file("/etc/motd"),))

    remedy = "  give it a name that comes later: --name zz-motd-adopted"
    assert texts(beaten.value.lines)[-1] == remedy
    adopt(home(other), "/etc/motd", files=(file("/etc/motd"),), name="zz-motd-adopted")


def test_compression_and_digest_of_what_it_replaces_do_not_stay() -> None:
    old = base64.b64encode(gzip.compress(b"old")).decode()
    digest = hashlib.sha256(b"old").hexdigest()
    contents = {
        "source": f"data:;base64,{old}",
        "compression": "gzip",
        "verification": {"hash": f"sha256-{digest}"},
    }
    section: Json = {"storage": {"files": [{"path": "/etc/motd", "contents": contents}]}}

    config, _ = adopt(
        home(machine_config("50", **section)), "/etc/motd", files=(file("/etc/motd"),)
    )

    assert decode(config["storage"]["files"][0]["contents"]) == b"now\n"


def test_an_owner_that_the_config_names_stays_named() -> None:
    other = machine_config("50", **a_file("/etc/motd", user={"name": "alice"}))
    seen = file("/etc/motd", uid=1001, user="bob", gid=5, group="tty")

    config, _ = adopt(home(other), "/etc/motd", files=(seen,))

    [entry] = config["storage"]["files"]
    assert (entry["user"], entry["group"]) == ({"name": "bob"}, {"id": 5})


@pytest.mark.parametrize(
    ("seen", "entry"),
    [
        pytest.param(unit("disabled", TEXT), {"enabled": False, "contents": TEXT}, id="disabled"),
        pytest.param(
            unit("enabled", TEXT + INSTALL),
            {"enabled": True, "contents": TEXT + INSTALL},
            id="enabled",
        ),
        pytest.param(unit("alias", TEXT), {"contents": TEXT}, id="an alias"),
        pytest.param(unit("static", TEXT), {"contents": TEXT}, id="static"),
        pytest.param(unit("enabled"), {"enabled": True}, id="of the distribution"),
        pytest.param(unit("masked", "", **MASK), {"mask": True}, id="masked"),
        pytest.param(
            unit("enabled", None, file(f"{UNITS}/a.service.d/b.conf", TEXT.encode())),
            {"enabled": True, "dropins": [{"name": "b.conf", "contents": TEXT}]},
            id="with a drop-in",
        ),
    ],
)
def test_a_unit_is_wanted_as_it_stands(seen: Json, entry: Json) -> None:
    assert the_unit(home(), seen) == {"name": "a.service", **entry}


def test_of_a_managed_unit_what_the_config_says_otherwise_is_said_anew() -> None:
    enabled = machine_config("50", systemd={"units": [{"name": "a.service", "enabled": True}]})
    masked = machine_config("60", systemd={"units": [{"name": "a.service", "mask": True}]})

    assert the_unit(home(enabled), unit("static")) == {"name": "a.service", "enabled": False}
    assert the_unit(home(masked), unit("enabled")) == {
        "name": "a.service",
        "mask": False,
        "enabled": True,
    }
    assert the_unit(home(enabled), unit("masked", "", **MASK)) == {
        "name": "a.service",
        "mask": True,
        "enabled": False,
    }


def test_one_drop_in_may_be_adopted_alone() -> None:
    path = f"{UNITS}/a.service.d/b.conf"

    config, _ = adopt(home(), path, files=(file(path, TEXT.encode()),))

    assert config["systemd"]["units"] == [
        {"name": "a.service", "dropins": [{"name": "b.conf", "contents": TEXT}]}
    ]


def test_a_path_that_is_gone_names_the_machine_config_that_has_to_lose_it() -> None:
    where = home(
        machine_config("50-motd", **a_file("/etc/motd")),
        machine_config("60-unit", **a_unit()),
        machine_config(
            "70-more",
            systemd={
                "units": [{"name": "b.service", "dropins": [{"name": "c.conf", "contents": TEXT}]}]
            },
        ),
    )

    def said(word: str, **seen: Any) -> list[str]:  # noqa: ANN401 - what is seen
        with pytest.raises(CommandError) as refused:
            adopt(where, word, **seen)
        return texts(refused.value.lines)

    assert said("/etc/motd", files=(nothing("/etc/motd"),)) == [
        "error: /etc/motd is not there on w-1, and no MachineConfig can take a file away",
        "  take it out of 50-motd, and all nodes lose it",
    ]
    assert said("a.service", units=(unit("not-found"),))[1] == (
        "  take it out of 60-unit, and all nodes lose it"
    )
    other = {**unit("disabled"), "name": "b.service"}
    assert said("b.service", units=(other,))[1] == "  take it out of 70-more, and all nodes lose it"
    assert "is the path right?" in said("/etc/other", files=(nothing("/etc/other"),))[1]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"kind": "symlink", "target": "/etc/other"}, "is a symlink to /etc/other"),
        ({"kind": "folder"}, "is a folder"),
        ({"kind": "special file"}, "is no regular file"),
        ({"kind": "unreadable", "error": "Input/output error"}, "cannot be read: input/output"),
        ({"size": LARGEST + 1, "content": None, "sha256": ""}, f"more than {LARGEST}"),
        ({"folder": "/opt/etc"}, "its folder is a symlink, and leads to /opt/etc"),
    ],
)
def test_what_no_machine_config_can_hold_is_refused(seen: Json, reason: str) -> None:
    with pytest.raises(CommandError) as refused:
        adopt(home(), "/etc/motd", files=({**file("/etc/motd"), **seen},))

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (unit("disabled", TEXT, mode=0o600), "has mode 0600 and owner 0:0"),
        (unit("disabled", TEXT, uid=5), "has mode 0644 and owner 5:0"),
        (unit("disabled", ""), "is empty"),
        (unit("linked", "", kind="symlink", target="/opt/a.service"), "is a symlink to /opt"),
        (unit("not-found"), "w-1 has no unit a.service"),
    ],
)
def test_a_unit_that_no_machine_config_can_say_is_refused(seen: Json, reason: str) -> None:
    with pytest.raises(CommandError) as refused:
        adopt(home(), "a.service", units=(seen,))

    assert reason in str(refused.value)


def test_pools_that_inherit_it_are_named_and_have_to_take_it_too() -> None:
    custom = MachineConfigPool.model_validate(pool("infra"))
    of_infra = machine_config("50-i", "infra", **a_file("/etc/motd/below"))
    where = home(of_infra)
    where = replace(where, snapshot=replace(where.snapshot, pools=(*where.snapshot.pools, custom)))

    _, notes = adopt(where, "/etc/app", files=(file("/etc/app"),))
    assert f"note: {NAME} concerns pool infra, which has no nodes" in notes

    with pytest.raises(CommandError, match="pool infra would not be rendered with") as refused:
        adopt(where, "/etc/motd", files=(file("/etc/motd"),))
    assert "/etc/motd is a file, not a directory" in texts(refused.value.lines)[0]


def test_what_the_renderer_refuses_is_told_with_its_reason() -> None:
    with pytest.raises(CommandError, match="pool worker would not be rendered") as refused:
        adopt(home(), "/run/motd", files=(file("/run/motd"),))

    assert "does not survive a reboot" in texts(refused.value.lines)[0]


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    with pytest.raises(CommandError, match=f"there is a MachineConfig {NAME} already") as taken:
        adopt(home(machine_config(NAME)), "/etc/motd", files=(file("/etc/motd"),))

    assert texts(taken.value.lines)[-1] == f"  name another: --name {NAME}-2"


def test_a_pool_that_cannot_be_rendered_is_told_before_anything_is_read() -> None:
    where = home(machine_config("60-bad", **a_file("/a")))

    with pytest.raises(CommandError, match="pool worker cannot be rendered as it is"):
        where.before()


def test_a_node_in_no_pool_has_nothing_to_adopt_for() -> None:
    seen = snapshot(node("win", runs_linux=False))

    with pytest.raises(CommandError, match="win is in no pool"):
        adopt_placement.home("win", seen, "boot")


@pytest.mark.parametrize(
    ("word", "kind", "name"),
    [
        ("/etc/motd", "file", "/etc/motd"),
        ("a.service", "unit", "a.service"),
        (f"{UNITS}/a@1.timer", "unit", "a@1.timer"),
        (f"{UNITS}/a.service.d/b.conf", "dropin", f"{UNITS}/a.service.d/b.conf"),
        (f"{UNITS}/multi-user.target.wants/a.service", "file", None),
        (f"{UNITS}/README", "file", None),
        (f"{UNITS}/held.service", "file", None),
        ("/etc/a.service", "file", None),
    ],
)
def test_a_word_means_a_file_or_a_unit(word: str, kind: str, name: str | None) -> None:
    [found] = adopt_targets.parse([word], {f"{UNITS}/held.service"})

    assert (found.kind, found.name) == (kind, name or word)


def test_each_thing_is_adopted_once() -> None:
    words = ["a.service", f"{UNITS}/a.service", f"{UNITS}/a.service.d/b.conf", "/etc/a", "/etc/a"]

    assert [each.name for each in adopt_targets.parse(words, ())] == ["a.service", "/etc/a"]


@pytest.mark.parametrize("word", ["motd", "etc/motd", "-a.service", "", "x", "a/b.service"])
def test_what_is_no_path_is_refused(word: str) -> None:
    with pytest.raises(CommandError, match="is no path on a node"):
        adopt_targets.parse([word], ())


@pytest.mark.parametrize("word", ["/etc//motd", "/etc/../motd", "/etc/./motd", "/etc/", "//etc/a"])
def test_a_path_that_is_not_plain_is_refused(word: str) -> None:
    with pytest.raises(CommandError, match="is no plain path"):
        adopt_targets.parse([word], ())
