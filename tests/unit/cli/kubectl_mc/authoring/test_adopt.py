"""`kubectl mc adopt` prints a MachineConfig that describes the state of a node."""

import base64
import gzip
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from controller.api.json_object import Json
from controller.api.machine_config import MachineConfig
from controller.api.machine_config_pool import MachineConfigPool
from controller.cli.kubectl_mc.authoring.adopt_draft import adopted_parts
from controller.cli.kubectl_mc.authoring.adopt_placement import Placement, placement_of
from controller.cli.kubectl_mc.authoring.adopt_targets import parse_targets
from controller.cli.kubectl_mc.authoring.draft import draft
from controller.cli.kubectl_mc.node.node_contents import NodeContents
from controller.cli.kubectl_mc.terminal.errors import CommandError
from controller.rendering.contents import LARGEST, decode
from tests.unit.cli.kubectl_mc.clusters import snapshot
from tests.unit.cli.kubectl_mc.lines import texts
from tests.unit.cli.kubectl_mc.manifests import a_file, a_unit, machine_config, pool
from tests.unit.cli.kubectl_mc.node_files import MASK, UNITS, missing_file, node_file, node_unit
from tests.unit.planning.build import node

NAME = "99-worker-adopted-w-1"
TEXT = "[Service]\nExecStart=/bin/false\n"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"


def placement(*configs: Json, members: int = 1) -> Placement:
    """Return the placement of w-1, whose pool worker has these MachineConfigs."""
    nodes = [node(f"w-{number}") for number in range(1, members + 1)]
    cluster = snapshot(*nodes, new=machine_config("00-base"))
    kept = (config for config in cluster.machine_configs if config.name != "50-a")
    added = (MachineConfig.model_validate(config) for config in configs)
    cluster = replace(cluster, machine_configs=(*kept, *added))
    return placement_of("w-1", cluster, "boot")


def adopt(
    where: Placement,
    *arguments: str,
    files: tuple[Json, ...] = (),
    units: tuple[Json, ...] = (),
    name: str = NAME,
) -> tuple[Json, list[str]]:
    """Return the Ignition config that is printed, and the notes on it."""
    pool_config = where.pool_config()
    managed = {file["path"] for file in pool_config.manifest["files"]}
    targets = parse_targets(arguments, managed)
    contents = NodeContents.model_validate({"files": files, "units": units})
    adopted = draft(name, "worker", adopted_parts("w-1", targets, contents, pool_config))
    notes = texts(where.verify(adopted.manifest))
    return adopted.manifest["spec"]["config"], notes


def adopted_unit(where: Placement, unit: Json) -> Json:
    config, _ = adopt(where, "a.service", units=(unit,))
    [entry] = config["systemd"]["units"]
    return dict(entry)


def test_a_file_is_adopted_with_its_contents_mode_and_owner() -> None:
    config, notes = adopt(
        placement(members=3),
        "/etc/app/a b",
        files=(node_file("/etc/app/a b", b"\x00\xff", mode=0o600, uid=1000, gid=4),),
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
        f"note: {NAME} applies to all 3 nodes of pool worker (w-1, w-2, w-3)",
    ]


def test_it_overrides_the_machine_config_that_manages_the_file() -> None:
    other = machine_config("50-motd", **a_file("/etc/motd", mode=0o600, user={"id": 7}))

    config, notes = adopt(placement(other), "/etc/motd", files=(node_file("/etc/motd"),))

    assert config["storage"]["files"][0]["user"] == {"id": 0}
    assert notes[0] == "note: /etc/motd as it is on w-1, overriding 50-motd"


def test_if_a_later_machine_config_overrides_it_the_remedy_is_a_name_that_wins() -> None:
    other = machine_config("zz-motd", **a_file("/etc/motd"))

    with pytest.raises(CommandError, match="/etc/motd: zz-motd comes after") as overridden:
        adopt(placement(other), "/etc/motd", files=(node_file("/etc/motd"),))

    remedy = "  choose a name that comes later: --name zz-motd-adopted"
    assert texts(overridden.value.lines)[-1] == remedy
    adopt(placement(other), "/etc/motd", files=(node_file("/etc/motd"),), name="zz-motd-adopted")


def test_compression_and_digest_of_the_overridden_contents_do_not_remain() -> None:
    old = base64.b64encode(gzip.compress(b"old")).decode()
    digest = hashlib.sha256(b"old").hexdigest()
    contents = {
        "source": f"data:;base64,{old}",
        "compression": "gzip",
        "verification": {"hash": f"sha256-{digest}"},
    }
    section: Json = {"storage": {"files": [{"path": "/etc/motd", "contents": contents}]}}

    config, _ = adopt(
        placement(machine_config("50", **section)), "/etc/motd", files=(node_file("/etc/motd"),)
    )

    assert decode(config["storage"]["files"][0]["contents"]) == b"now\n"


def test_an_owner_that_the_config_has_by_name_is_adopted_by_name() -> None:
    other = machine_config("50", **a_file("/etc/motd", user={"name": "alice"}))
    found = node_file("/etc/motd", uid=1001, user="bob", gid=5, group="tty")

    config, _ = adopt(placement(other), "/etc/motd", files=(found,))

    [entry] = config["storage"]["files"]
    assert (entry["user"], entry["group"]) == ({"name": "bob"}, {"id": 5})


@pytest.mark.parametrize(
    ("unit", "entry"),
    [
        pytest.param(
            node_unit("disabled", TEXT), {"enabled": False, "contents": TEXT}, id="disabled"
        ),
        pytest.param(
            node_unit("enabled", TEXT + INSTALL),
            {"enabled": True, "contents": TEXT + INSTALL},
            id="enabled",
        ),
        pytest.param(node_unit("alias", TEXT), {"contents": TEXT}, id="an alias"),
        pytest.param(node_unit("static", TEXT), {"contents": TEXT}, id="static"),
        pytest.param(node_unit("enabled"), {"enabled": True}, id="of the distribution"),
        pytest.param(node_unit("masked", "", **MASK), {"mask": True}, id="masked"),
        pytest.param(
            node_unit("enabled", None, node_file(f"{UNITS}/a.service.d/b.conf", TEXT.encode())),
            {"enabled": True, "dropins": [{"name": "b.conf", "contents": TEXT}]},
            id="with a drop-in",
        ),
    ],
)
def test_a_unit_is_adopted_as_it_is(unit: Json, entry: Json) -> None:
    assert adopted_unit(placement(), unit) == {"name": "a.service", **entry}


def test_settings_of_a_managed_unit_that_differ_on_the_node_are_overridden() -> None:
    enabled = machine_config("50", systemd={"units": [{"name": "a.service", "enabled": True}]})
    masked = machine_config("60", systemd={"units": [{"name": "a.service", "mask": True}]})

    assert adopted_unit(placement(enabled), node_unit("static")) == {
        "name": "a.service",
        "enabled": False,
    }
    assert adopted_unit(placement(masked), node_unit("enabled")) == {
        "name": "a.service",
        "mask": False,
        "enabled": True,
    }
    assert adopted_unit(placement(enabled), node_unit("masked", "", **MASK)) == {
        "name": "a.service",
        "mask": True,
        "enabled": False,
    }


def test_a_single_drop_in_can_be_adopted() -> None:
    path = f"{UNITS}/a.service.d/b.conf"

    config, _ = adopt(placement(), path, files=(node_file(path, TEXT.encode()),))

    assert config["systemd"]["units"] == [
        {"name": "a.service", "dropins": [{"name": "b.conf", "contents": TEXT}]}
    ]


def test_a_missing_path_is_refused_with_the_machine_config_to_remove_it_from() -> None:
    where = placement(
        machine_config("50-motd", **a_file("/etc/motd")),
        machine_config("60-unit", **a_unit()),
        machine_config(
            "70-more",
            systemd={
                "units": [{"name": "b.service", "dropins": [{"name": "c.conf", "contents": TEXT}]}]
            },
        ),
    )

    def refusal(argument: str, **contents: Any) -> list[str]:  # noqa: ANN401 - files or units
        with pytest.raises(CommandError) as refused:
            adopt(where, argument, **contents)
        return texts(refused.value.lines)

    assert refusal("/etc/motd", files=(missing_file("/etc/motd"),)) == [
        "error: /etc/motd does not exist on w-1, and no MachineConfig can remove a file",
        "  remove it from 50-motd, which removes it from all nodes",
    ]
    assert refusal("a.service", units=(node_unit("not-found"),))[1] == (
        "  remove it from 60-unit, which removes it from all nodes"
    )
    other = {**node_unit("disabled"), "name": "b.service"}
    assert refusal("b.service", units=(other,))[1] == (
        "  remove it from 70-more, which removes it from all nodes"
    )
    assert "is the path right?" in refusal("/etc/other", files=(missing_file("/etc/other"),))[1]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "symlink", "target": "/etc/other"}, "is a symlink to /etc/other"),
        ({"kind": "folder"}, "is a folder"),
        ({"kind": "special file"}, "is not a regular file"),
        ({"kind": "unreadable", "error": "Input/output error"}, "cannot be read: input/output"),
        ({"size": LARGEST + 1, "content": None, "sha256": ""}, f"more than {LARGEST}"),
        ({"folder": "/opt/etc"}, "its folder is a symlink to /opt/etc"),
    ],
)
def test_what_no_machine_config_can_contain_is_refused(fields: Json, reason: str) -> None:
    with pytest.raises(CommandError) as refused:
        adopt(placement(), "/etc/motd", files=({**node_file("/etc/motd"), **fields},))

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (node_unit("disabled", TEXT, mode=0o600), "has mode 0600 and owner 0:0"),
        (node_unit("disabled", TEXT, uid=5), "has mode 0644 and owner 5:0"),
        (node_unit("disabled", ""), "is empty"),
        (node_unit("linked", "", kind="symlink", target="/opt/a.service"), "is a symlink to /opt"),
        (node_unit("not-found"), "w-1 has no unit a.service"),
    ],
)
def test_a_unit_that_no_machine_config_can_express_is_refused(unit: Json, reason: str) -> None:
    with pytest.raises(CommandError) as refused:
        adopt(placement(), "a.service", units=(unit,))

    assert reason in str(refused.value)


def test_pools_that_inherit_it_are_named_and_have_to_accept_it_too() -> None:
    custom = MachineConfigPool.model_validate(pool("infra"))
    of_infra = machine_config("50-i", "infra", **a_file("/etc/motd/below"))
    where = placement(of_infra)
    where = replace(where, snapshot=replace(where.snapshot, pools=(*where.snapshot.pools, custom)))

    _, notes = adopt(where, "/etc/app", files=(node_file("/etc/app"),))
    assert f"note: {NAME} applies to pool infra, which has no nodes" in notes

    with pytest.raises(CommandError, match="pool infra would not be rendered with") as refused:
        adopt(where, "/etc/motd", files=(node_file("/etc/motd"),))
    assert "/etc/motd is a file, not a directory" in texts(refused.value.lines)[0]


def test_what_the_renderer_refuses_is_refused_with_its_reason() -> None:
    with pytest.raises(CommandError, match="pool worker would not be rendered") as refused:
        adopt(placement(), "/run/motd", files=(node_file("/run/motd"),))

    assert "does not survive a reboot" in texts(refused.value.lines)[0]


def test_the_name_of_an_existing_machine_config_is_refused() -> None:
    with pytest.raises(CommandError, match=f"MachineConfig {NAME} already exists") as taken:
        adopt(placement(machine_config(NAME)), "/etc/motd", files=(node_file("/etc/motd"),))

    assert texts(taken.value.lines)[-1] == f"  choose another name: --name {NAME}-2"


def test_a_pool_that_cannot_be_rendered_is_reported_before_the_node_is_read() -> None:
    where = placement(machine_config("60-bad", **a_file("/a")))

    with pytest.raises(CommandError, match="pool worker cannot be rendered as it is"):
        where.pool_config()


def test_a_node_in_no_pool_is_refused() -> None:
    cluster = snapshot(node("win", runs_linux=False))

    with pytest.raises(CommandError, match="win is in no pool"):
        placement_of("win", cluster, "boot")


@pytest.mark.parametrize(
    ("argument", "kind", "name"),
    [
        ("/etc/motd", "file", "/etc/motd"),
        ("a.service", "unit", "a.service"),
        (f"{UNITS}/a@1.timer", "unit", "a@1.timer"),
        (f"{UNITS}/a.service.d/b.conf", "dropin", f"{UNITS}/a.service.d/b.conf"),
        (f"{UNITS}/multi-user.target.wants/a.service", "file", None),
        (f"{UNITS}/README", "file", None),
        (f"{UNITS}/file.service", "file", None),
        ("/etc/a.service", "file", None),
    ],
)
def test_an_argument_is_a_file_a_unit_or_a_drop_in(
    argument: str, kind: str, name: str | None
) -> None:
    [target] = parse_targets([argument], {f"{UNITS}/file.service"})

    assert (target.kind, target.name) == (kind, name or argument)


def test_each_target_is_adopted_once() -> None:
    arguments = [
        "a.service",
        f"{UNITS}/a.service",
        f"{UNITS}/a.service.d/b.conf",
        "/etc/a",
        "/etc/a",
    ]

    assert [target.name for target in parse_targets(arguments, ())] == ["a.service", "/etc/a"]


@pytest.mark.parametrize("argument", ["motd", "etc/motd", "-a.service", "", "x", "a/b.service"])
def test_an_argument_that_is_no_path_is_refused(argument: str) -> None:
    with pytest.raises(CommandError, match="is not a path on a node"):
        parse_targets([argument], ())


@pytest.mark.parametrize(
    "argument", ["/etc//motd", "/etc/../motd", "/etc/./motd", "/etc/", "//etc/a"]
)
def test_a_path_that_is_not_normalized_is_refused(argument: str) -> None:
    with pytest.raises(CommandError, match="is not a normalized path"):
        parse_targets([argument], ())
