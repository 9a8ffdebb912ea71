"""`kubectl mc render`: what a pool's MachineConfigs make together, and whose each part is."""

from pathlib import Path

from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, a_key, a_unit, machine_config, pool, write


def test_it_is_the_machine_config_that_the_controller_makes(mc: Run) -> None:
    file = write("a.yaml", machine_config("a", **a_file()), machine_config("b", **a_file(mode=384)))

    made = mc("render", "-f", file, "--pool", "worker")

    assert made.code == 0, made.stderr
    assert made.yaml["metadata"]["name"].startswith("rendered-worker-")
    [rendered] = made.yaml["spec"]["config"]["storage"]["files"]
    assert rendered == {
        "path": "/etc/a",
        "mode": 0o600,
        "overwrite": True,
        "contents": {"source": "data:,a%0A"},
    }
    assert "mode: 0600\n" in made.stdout
    assert mc("render", "-f", file, "--pool", "worker", "-o", "json").json == made.yaml


def test_a_pool_of_ones_own_inherits_what_workers_have(mc: Run) -> None:
    file = write(
        "a.yaml",
        pool("infra"),
        machine_config("a", **a_file("/etc/a")),
        machine_config("b", role="infra", **a_file("/etc/b")),
    )

    made = mc("render", "-f", file, "--pool", "infra")

    paths = [each["path"] for each in made.yaml["spec"]["config"]["storage"]["files"]]
    assert sorted(paths) == ["/etc/a", "/etc/b"]


def test_the_example_of_a_pool_has_what_workers_have_and_its_own(mc: Run) -> None:
    examples = Path(__file__).parents[5] / "docs" / "examples"
    names = "infra-pool.yaml", "10-journal-size.yaml"
    files = [f"--filename={examples / each}" for each in names]

    made = mc("render", *files, "--pool", "infra")

    assert [each["path"] for each in made.yaml["spec"]["config"]["storage"]["files"]] == [
        "/etc/systemd/journald.conf.d/10-size.conf",
        "/etc/sysctl.d/50-infra.conf",
    ]


def test_a_pool_that_selects_nothing_says_how_it_would_select_something(mc: Run) -> None:
    ended = mc("render", "-f", write("a.yaml", machine_config()), "--pool", "master")

    assert ended.code == 1
    assert "pool master: it selects no MachineConfig" in ended.stderr


def test_explain_says_whose_each_part_is_and_whom_it_overrode(mc: Run) -> None:
    file = write(
        "a.yaml",
        machine_config("10-base", **a_file(), **a_unit()),
        machine_config("20-mine", **a_file(source="data:,b"), **a_key()),
    )

    explained = mc("render", "-f", file, "--pool", "worker", "--explain")

    assert explained.code == 0
    rows = [each.split(maxsplit=3) for each in explained.stdout.splitlines()[2:]]
    assert rows[0] == ["KIND", "FROM", "OVERRIDES", "NAME"]
    assert ["file", "20-mine", "10-base", "/etc/a"] in rows
    assert ["unit", "10-base", "<none>", "a.service"] in rows

    machine = mc("render", "-f", file, "--pool", "worker", "--explain", "-o", "json").json
    assert machine["sources"] == ["10-base", "20-mine"]
    assert {
        "kind": "file",
        "name": "/etc/a",
        "origin": ["20-mine"],
        "overrode": ["10-base"],
    } in machine["provenance"]


def test_a_warning_is_told_beside_the_result(mc: Run) -> None:
    file = write("a.yaml", machine_config(**a_file(permissions=420)))

    made = mc("render", "-f", file, "--pool", "worker", "-o", "json")

    assert (made.code, made.json["kind"]) == (0, "MachineConfig")
    assert "did you mean mode?" in made.stderr


def test_keys_are_those_of_the_boot_user_that_is_named(mc: Run) -> None:
    file = write("a.yaml", machine_config(**a_key()))
    words = ("render", "-f", file, "--pool", "worker")

    assert mc(*words).code == 0
    assert mc(*words, "--boot-user", "core").code == 1
