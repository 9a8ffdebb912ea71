"""In any state of a unit, its enablement is applied or refused, and later restored."""

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from machineconfig_node.apply.transaction import Transaction
from machineconfig_node.comparison import compare
from machineconfig_node.enablement import replaced_aliases, resolving
from machineconfig_node.manifest import desired_state
from machineconfig_node.record import node_record
from machineconfig_node.record.node_record import Record, load
from machineconfig_node.rollback import rollback
from machineconfig_node.systemd import dry_run

from tests.unit.node.build import INSTALLED, enable, manifest, read, unit
from tests.unit.node.conftest import MACHINE_ID, RUNTIME_UNITS, UNITS, VENDOR_UNITS

BOOT = "boot"
SERVICE = "[Service]\nExecStart=/bin/true\n"
WANTS = f"{UNITS}/multi-user.target.wants"
Tree = dict[str, str]
Make = Callable[[Path], None]


@pytest.fixture(autouse=True)
def _it_is_all_one_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_record, "boot_id", lambda: BOOT)


def put(disk: Path, place: str, text: str) -> None:
    (disk / place).parent.mkdir(parents=True, exist_ok=True)
    (disk / place).write_text(text)


def link(disk: Path, place: str, target: str) -> None:
    (disk / place).parent.mkdir(parents=True, exist_ok=True)
    (disk / place).symlink_to(target)


def tree(disk: Path) -> Tree:
    """Return every link on the disk, and the text of every file."""
    paths = [path for path in disk.rglob("*") if path.is_symlink() or path.is_file()]
    return {
        str(path.relative_to(disk)): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in paths
    }


def refusal(folder: str, *units: dict[str, Any]) -> str:
    return "; ".join(read(folder, manifest(units=units)).refused.values())


def apply(folder: str, *units: dict[str, Any]) -> None:
    wanted = read(folder, manifest(units=units))
    assert not wanted.refused
    Transaction(folder, load(folder), wanted, BOOT).run([])
    assert compare.of_disk(read(folder, manifest(units=units))) == []
    assert compare.to_remove(read(folder, manifest(units=units)), load(folder)) == []


def vendor(disk: Path, text: str = INSTALLED) -> None:
    put(disk, f"{VENDOR_UNITS}/a.service", text)


def enabled(disk: Path) -> None:
    vendor(disk)
    link(disk, f"{WANTS}/a.service", str(disk / VENDOR_UNITS / "a.service"))


def enabled_runtime(disk: Path) -> None:
    vendor(disk)
    link(disk, f"{RUNTIME_UNITS}/multi-user.target.wants/a.service", "/usr/lib/x/a.service")


def linked(disk: Path) -> None:
    put(disk, "opt/a.service", INSTALLED)
    link(disk, f"{UNITS}/a.service", str(disk / "opt/a.service"))


def linked_runtime(disk: Path) -> None:
    put(disk, "opt/a.service", INSTALLED)
    link(disk, f"{RUNTIME_UNITS}/a.service", str(disk / "opt/a.service"))


def alias(disk: Path) -> None:
    put(disk, f"{VENDOR_UNITS}/b.service", INSTALLED + "Alias=a.service\n")
    link(disk, f"{UNITS}/a.service", "/usr/lib/systemd/system/b.service")
    link(disk, f"{WANTS}/b.service", "/usr/lib/systemd/system/b.service")


def masked(disk: Path) -> None:
    vendor(disk)
    link(disk, f"{UNITS}/a.service", "/dev/null")


def masked_runtime(disk: Path) -> None:
    vendor(disk)
    link(disk, f"{RUNTIME_UNITS}/a.service", "/dev/null")


def static(disk: Path) -> None:
    vendor(disk, SERVICE)


def indirect(disk: Path) -> None:
    vendor(disk, SERVICE + "[Install]\nAlso=b.service\n")
    put(disk, f"{VENDOR_UNITS}/b.service", INSTALLED)


def generated(disk: Path) -> None:
    put(disk, "run/systemd/generator/a.service", INSTALLED)


def transient(disk: Path) -> None:
    put(disk, "run/systemd/transient/a.service", INSTALLED)


def bad(disk: Path) -> None:
    vendor(disk, SERVICE + "[Install]\nAlias=a.socket\n")


def loop(disk: Path) -> None:
    link(disk, f"{UNITS}/a.service", "a.service")


def absent(_: Path) -> None:
    """Create no unit."""


OK = ""
RUNTIME = "exists only until the next boot"
STATES: list[tuple[Make, str, str]] = [
    (enabled, OK, OK),
    (enabled_runtime, OK, OK),
    (linked, OK, OK),
    (linked_runtime, RUNTIME, OK),
    (alias, "is an alias of b.service: use that name", "is an alias of b.service: use that name"),
    (masked, "masked by /etc/systemd/system/a.service: add `mask: false`", OK),
    (masked_runtime, "run `systemctl unmask --runtime a.service`", OK),
    (static, "has no [Install] section that enables it: add `[Install]`", OK),
    (indirect, OK, OK),
    (vendor, OK, OK),
    (generated, "generated from another file at each boot: omit", "set `mask: true`"),
    (transient, RUNTIME, OK),
    (bad, "annot alias a.service as a.socket", OK),
    (loop, "cannot be enabled: ", OK),
    (absent, "does not exist on this node: install it, or add its `contents`", OK),
]


@pytest.mark.parametrize("wish", [True, False, None])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state[0].__name__)
def test_a_unit_in_any_state_is_enabled_or_refused_and_later_restored(
    folder: str,
    disk: Path,
    state: tuple[Make, str, str],
    wish: bool | None,  # noqa: FBT001 - as a MachineConfig has it
) -> None:
    make, no_true, no_false = state
    make(disk)
    before = tree(disk)
    asked = unit("a.service", enabled=wish)
    why = {True: no_true, False: no_false, None: OK}[wish]

    if why:
        assert why in refusal(folder, asked)
        assert tree(disk) == before
        return
    apply(folder, asked)
    if wish is not None:
        assert bool({each for each in tree(disk) if ".wants/" in each and UNITS in each}) == wish
    assert set(before) - set(tree(disk)) <= {each for each in before if ".wants/" in each}
    apply(folder)

    assert tree(disk) == before


def test_all_refusals_are_reported_together(folder: str, disk: Path) -> None:
    alias(disk)
    asked = unit("a.service", enabled=True), unit("c.service", enabled=True)

    assert refusal(folder, *asked) == (
        "a.service is an alias of b.service: use that name; c.service does not exist on this node:"
        " install it, or add its `contents`"
    )


@pytest.mark.parametrize(
    ("name", "install", "made"),
    [
        ("a.service", "WantedBy=one.target", {"one.target.wants/a.service"}),
        ("a.service", "RequiredBy=one.target", {"one.target.requires/a.service"}),
        ("a.service", "Alias=b.service", {"b.service"}),
        ("a@x.service", "WantedBy=one.target", {"one.target.wants/a@x.service"}),
        ("a@.service", "WantedBy=one.target\nDefaultInstance=y", {"one.target.wants/a@y.service"}),
    ],
)
def test_enablement_is_what_systemd_makes_of_the_install_section(
    folder: str, disk: Path, name: str, install: str, made: set[str]
) -> None:
    template = name.replace("@x", "@")
    put(disk, f"{VENDOR_UNITS}/{template}", f"{SERVICE}[Install]\n{install}\n")
    before = tree(disk)

    apply(folder, unit(name, enabled=True))

    assert set(tree(disk)) - set(before) == {f"{UNITS}/{each}" for each in made}
    apply(folder)
    assert tree(disk) == before


@pytest.mark.parametrize("install", ["WantedBy=one.target", "WantedBy=a.target"])
def test_a_template_without_an_instance_is_refused(folder: str, disk: Path, install: str) -> None:
    put(disk, f"{VENDOR_UNITS}/a@.service", f"{SERVICE}[Install]\n{install}\n")

    assert "a@.service is a template: use an instance of it, a@NAME.service" in refusal(
        folder, unit("a@.service", enabled=True)
    )


@pytest.mark.parametrize("taken", ["file", "link"])
def test_an_alias_whose_place_is_taken_is_refused(folder: str, disk: Path, taken: str) -> None:
    vendor(disk, SERVICE + "[Install]\nAlias=b.service\n")
    if taken == "file":
        put(disk, f"{UNITS}/b.service", SERVICE)
    else:
        link(disk, f"{UNITS}/b.service", "/usr/lib/systemd/system/c.service")

    why = refusal(folder, unit("a.service", enabled=True))

    assert why.startswith("a.service cannot be enabled: ")
    assert "/etc/systemd/system/b.service" in why
    assert "already exists" in why


def dropin(install: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of a unit
    given = [{"name": "x.conf", "contents": f"[Install]\nWantedBy=\n{install}\n"}]
    return unit("a.service", enabled=True, dropins=given, **members)


def test_a_drop_in_that_changes_wanted_by_removes_the_old_link(folder: str, disk: Path) -> None:
    enabled(disk)
    before = tree(disk)
    for target in ("one.target", "two.target"):
        apply(folder, dropin(f"WantedBy={target}"))

        found = {each for each in tree(disk) if each.endswith("/a.service") and "wants" in each}
        assert found == {f"{UNITS}/{target}.wants/a.service"}

    apply(folder, unit("a.service", enabled=True))
    assert tree(disk) == before


def test_links_of_the_previous_unit_file_are_removed_and_others_stay(
    folder: str, disk: Path
) -> None:
    apply(folder, unit("a.service", enabled=True, contents=INSTALLED + "Alias=b.service\n"))
    enable(disk, "a.service", "theirs.target")

    changed = INSTALLED.replace("multi-user", "one")
    apply(folder, unit("a.service", enabled=True, contents=changed))

    assert set(tree(disk)) == {
        f"{UNITS}/a.service",
        f"{UNITS}/one.target.wants/a.service",
        f"{UNITS}/theirs.target.wants/a.service",
    }


def test_a_name_can_change_between_unit_and_alias(folder: str, disk: Path) -> None:
    named = unit("a.service", enabled=True, contents=INSTALLED + "Alias=b.service\n")
    units = unit("a.service", enabled=True, contents=INSTALLED), unit("b.service", contents=SERVICE)
    for _ in range(2):
        apply(folder, named)
        assert tree(disk)[f"{UNITS}/b.service"] == "/etc/systemd/system/a.service"
        apply(folder, *units)
        assert tree(disk)[f"{UNITS}/b.service"] == SERVICE

    apply(folder)
    assert tree(disk) == {}


@pytest.mark.parametrize("before", [vendor, enabled, enabled_runtime])
def test_configs_can_follow_each_other_in_any_order(folder: str, disk: Path, before: Make) -> None:
    before(disk)
    at_first = tree(disk)
    for wanted in (True, True, False, False, True, None, False, None, True):
        apply(folder, unit("a.service", enabled=wanted))

        if wanted is not None:
            assert (f"{WANTS}/a.service" in tree(disk)) == wanted
        else:
            assert tree(disk) == at_first


def test_a_unit_disabled_by_its_own_name_is_not_enabled_by_also(folder: str, disk: Path) -> None:
    vendor(disk, INSTALLED + "Also=b.service\n")
    put(disk, f"{VENDOR_UNITS}/b.service", INSTALLED)

    apply(folder, unit("a.service", enabled=True), unit("b.service", enabled=False))

    assert f"{WANTS}/a.service" in tree(disk)
    assert f"{WANTS}/b.service" not in tree(disk)


def test_an_alias_of_a_disabled_unit_is_not_created_by_another_unit(
    folder: str, disk: Path
) -> None:
    vendor(disk, INSTALLED + "Also=b.service\n")
    put(disk, f"{VENDOR_UNITS}/b.service", INSTALLED + "Alias=z.service\n")

    apply(folder, unit("a.service", enabled=True), unit("b.service", enabled=False))

    assert f"{WANTS}/a.service" in tree(disk)
    assert f"{UNITS}/z.service" not in tree(disk)


def test_an_instance_is_enabled_although_its_template_is_disabled(folder: str, disk: Path) -> None:
    put(disk, f"{VENDOR_UNITS}/a@.service", INSTALLED + "DefaultInstance=x\n")

    apply(folder, unit("a@y.service", enabled=True), unit("a@.service", enabled=False))

    assert {each for each in tree(disk) if each.startswith(WANTS)} == {f"{WANTS}/a@y.service"}


def test_a_link_with_another_spelling_is_kept(folder: str, disk: Path) -> None:
    vendor(disk)
    link(disk, f"{WANTS}/a.service", "../../../lib/systemd/system/a.service")
    before = tree(disk)

    apply(folder, unit("a.service", enabled=True))
    assert tree(disk) == before


@pytest.mark.parametrize(
    ("by_hand", "detail"),
    [
        ("unlink", "/a.service' wanted, nothing found"),
        ("mask", "a.service is masked"),
        ("add", "nothing wanted, a link to '"),
    ],
)
def test_a_manual_change_of_links_is_drift(
    folder: str, disk: Path, by_hand: str, detail: str
) -> None:
    vendor(disk)
    asked = unit("a.service", enabled=by_hand != "add")
    apply(folder, asked)
    if by_hand == "unlink":
        (disk / WANTS / "a.service").unlink()
    elif by_hand == "mask":
        link(disk, f"{UNITS}/a.service", "/dev/null")
    else:
        enable(disk, "a.service", "any.target")

    found = compare.of_disk(read(folder, manifest(units=(asked,))))

    assert [(each.name, each.what) for each in found] == [("a.service", "enablement")]
    assert detail in found[0].detail


def test_a_runtime_enablement_is_not_restored_after_a_reboot(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enabled_runtime(disk)
    apply(folder, unit("a.service", enabled=False))
    monkeypatch.setattr(node_record, "boot_id", lambda: "another boot")
    after_the_boot = tree(disk)

    apply(folder)

    assert tree(disk) == after_the_boot


@pytest.mark.parametrize(
    ("module", "reader", "place"),
    [
        (os, "readlink", "system/gone.service"),
        (os, "open", "generator/gone.service"),
        (os, "listdir", "generator.late"),
        (os, "listdir", "generator/gone.service.d"),
    ],
)
def test_a_file_that_disappears_during_the_dry_run_is_ignored(
    disk: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, reader: str, place: str
) -> None:
    vendor(disk)
    vanishes = disk / "run/systemd" / place
    if reader == "readlink":
        link(disk, f"run/systemd/{place}", "/usr/lib/systemd/system/a.service")
    elif reader == "open":
        put(disk, f"run/systemd/{place}", SERVICE)
    else:
        vanishes.mkdir(parents=True)
    real = getattr(module, reader)

    def read_too_late(path: str, *others: Any, **options: Any) -> Any:  # noqa: ANN401 - as the reader
        if str(path) == str(vanishes):
            raise FileNotFoundError(path)
        return real(path, *others, **options)

    monkeypatch.setattr(module, reader, read_too_late)

    with dry_run.copied(()) as units:
        assert units.path_of("a.service") == f"/{VENDOR_UNITS}/a.service"
        assert units.path_of("gone.service") == ""


def test_a_file_that_replaces_an_alias_of_an_enabled_unit_causes_a_warning(
    folder: str, disk: Path
) -> None:
    alias(disk)
    own, off = unit("a.service", contents=SERVICE), unit("b.service", enabled=False)

    [told] = replaced_aliases.warnings(read(folder, manifest(units=(own,))))

    text = "a.service gets a file of its own and is no longer an alias of b.service"
    assert told.startswith(text)
    assert list(replaced_aliases.warnings(read(folder, manifest(units=(own, off))))) == []


def test_a_file_may_replace_the_alias_of_a_disabled_unit(folder: str, disk: Path) -> None:
    alias(disk)
    before = tree(disk)

    apply(folder, unit("a.service", contents=SERVICE), unit("b.service", enabled=False))
    assert tree(disk)[f"{UNITS}/a.service"] == SERVICE
    assert f"{WANTS}/b.service" not in tree(disk)

    apply(folder)
    assert tree(disk) == before


NAMES = ("a.service", "b.service")
_INSTALLS = st.lists(
    st.sampled_from(
        ["WantedBy=one.target", "WantedBy=two.target", "RequiredBy=one.target", "Alias=c.service"]
    ),
    unique=True,
    max_size=3,
)
_SAID = st.sampled_from([True, False, None])
_WISHES = st.fixed_dictionaries(
    {name: st.tuples(_SAID, st.none() | _INSTALLS, _SAID) for name in NAMES}
)
_LINKS = st.sets(
    st.sampled_from(
        [f"{each}.target.wants/{name}" for each in ("one", "two", "x") for name in NAMES]
    )
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    vendors=_WISHES,
    masks=st.sets(st.sampled_from(NAMES)),
    links=_LINKS,
    configs=st.lists(_WISHES, min_size=1, max_size=4),
)
def test_after_any_configs_and_rollbacks_all_links_are_restored(
    tmp_path_factory: pytest.TempPathFactory,
    vendors: dict[str, Any],
    masks: set[str],
    links: set[str],
    configs: list[dict[str, Any]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        disk, folder = new_node(tmp_path_factory, patch)
        for name, (_, install, _) in vendors.items():
            put(disk, f"{VENDOR_UNITS}/{name}", text(install or []))
        for name in masks:
            link(disk, f"{UNITS}/{name}", "/dev/null")
        for each in links:
            link(disk, f"{UNITS}/{each}", str(disk / VENDOR_UNITS / Path(each).name))
        first = tree(disk)

        for config in configs:
            units = [wish(name, *asked) for name, asked in config.items()]
            wanted = read(folder, manifest(units=tuple(units)))
            if wanted.refused:
                unmasked = {name for name, (_, _, mask) in config.items() if mask is False}
                assert all(may_be_refused(*each, unmasked) for each in wanted.refused.items())
                continue
            before = tree(disk)
            Transaction(folder, load(folder), wanted, BOOT).run([])
            after = tree(disk)
            rollback.roll_back_committed(folder, load(folder), BOOT, "why", cut_off=False)
            assert tree(disk) == before
            wanted = read(folder, manifest(units=tuple(units)))
            Transaction(folder, load(folder), wanted, BOOT).run([])
            assert tree(disk) == after
            again = read(folder, manifest(units=tuple(units)))
            assert compare.of_disk(again) == []
            assert compare.to_remove(again, load(folder)) == []
            assert again.refused == {}
        Transaction(folder, load(folder), read(folder, manifest()), BOOT).run([])

        assert tree(disk) == first


def may_be_refused(unit: str, why: str, unmasked: set[str]) -> bool:
    """Whether the refusal is expected, and not caused by an existing link."""
    if "is masked by" in why:
        return unit not in unmasked
    return "[Install] section" in why and ("already exists" not in why or "c.service" in why)


def new_node(factory: pytest.TempPathFactory, patch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """Return a new disk and record for one of many examples in a test."""
    disk, folder = factory.mktemp("disk"), factory.mktemp("record")
    for module, name, place in (
        ("unit_paths", "UNIT_FOLDER", UNITS),
        ("unit_paths", "RUNTIME_FOLDER", RUNTIME_UNITS),
        ("dry_run", "ROOT", ""),
    ):
        path = f"{disk}/{place}".rstrip("/")
        patch.setattr(f"machineconfig_node.systemd.{module}.{name}", path)
    (folder / "originals").mkdir()
    (folder / "transaction").mkdir()
    (disk / UNITS).mkdir(parents=True)
    return disk, str(folder)


def text(install: list[str]) -> str:
    return "\n".join([SERVICE, *(["[Install]", *install] if install else []), ""])


def wish(
    name: str,
    on: bool | None,  # noqa: FBT001 - as a MachineConfig has it
    install: list[str] | None,
    mask: bool | None,  # noqa: FBT001 - same
) -> dict[str, Any]:
    contents = None if install is None else text(install)
    return unit(name, enabled=on, contents=contents, mask=mask)


@pytest.mark.parametrize("now", [True, False])
@pytest.mark.parametrize("before", ["enabled", "disabled", "not-found"])
def test_an_older_record_without_links_restores_the_recorded_state(
    folder: str,
    disk: Path,
    before: str,
    now: bool,  # noqa: FBT001 - as a record has it
) -> None:
    vendor(disk)
    if now:
        link(disk, f"{WANTS}/a.service", "/usr/lib/systemd/system/a.service")
    mark = {"before": before, "enabled": now}
    Record(MACHINE_ID, schema=4, config="old", units={"a.service": mark}).save(folder)

    apply(folder, unit("a.service", enabled=now))
    apply(folder)

    assert (f"{WANTS}/a.service" in tree(disk)) == (before == "enabled")


def test_a_manifest_without_enablement_needs_no_dry_run(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("machineconfig_node.systemd.dry_run.copied", None)
    wanted = desired_state.read(manifest(units=(unit("a.service", contents=SERVICE),)))

    assert resolving.resolve(wanted, load(folder), folder) == wanted
