"""`kubectl mc render` prints a pool's rendered MachineConfig, and the provenance of its parts."""

from pathlib import Path

from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, a_key, a_unit, machine_config, pool, write


def test_it_is_the_machine_config_that_the_controller_renders(mc: Run) -> None:
    file = write("a.yaml", machine_config("a", **a_file()), machine_config("b", **a_file(mode=384)))

    result = mc("render", "-f", file, "--pool", "worker")

    assert result.code == 0, result.stderr
    assert result.yaml["metadata"]["name"].startswith("rendered-worker-")
    [rendered] = result.yaml["spec"]["config"]["storage"]["files"]
    assert rendered == {
        "path": "/etc/a",
        "mode": 0o600,
        "overwrite": True,
        "contents": {"source": "data:,a%0A"},
    }
    assert "mode: 0600\n" in result.stdout
    assert mc("render", "-f", file, "--pool", "worker", "-o", "json").json == result.yaml


def test_a_custom_pool_inherits_from_workers(mc: Run) -> None:
    file = write(
        "a.yaml",
        pool("infra"),
        machine_config("a", **a_file("/etc/a")),
        machine_config("b", role="infra", **a_file("/etc/b")),
    )

    result = mc("render", "-f", file, "--pool", "infra")

    paths = [each["path"] for each in result.yaml["spec"]["config"]["storage"]["files"]]
    assert sorted(paths) == ["/etc/a", "/etc/b"]


def test_the_example_of_a_custom_pool_has_the_files_of_workers_and_its_own(mc: Run) -> None:
    examples = Path(__file__).parents[5] / "docs" / "examples"
    names = "infra-pool.yaml", "10-journal-size.yaml"
    files = [f"--filename={examples / each}" for each in names]

    result = mc("render", *files, "--pool", "infra")

    assert [each["path"] for each in result.yaml["spec"]["config"]["storage"]["files"]] == [
        "/etc/systemd/journald.conf.d/10-size.conf",
        "/etc/sysctl.d/50-infra.conf",
    ]


def test_a_pool_that_selects_nothing_is_an_error(mc: Run) -> None:
    result = mc("render", "-f", write("a.yaml", machine_config()), "--pool", "master")

    assert result.code == 1
    assert "pool master: it selects no MachineConfig" in result.stderr


def test_explain_shows_the_origin_and_the_overrides_of_each_part(mc: Run) -> None:
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


def test_a_warning_is_printed_beside_the_result(mc: Run) -> None:
    file = write("a.yaml", machine_config(**a_file(permissions=420)))

    result = mc("render", "-f", file, "--pool", "worker", "-o", "json")

    assert (result.code, result.json["kind"]) == (0, "MachineConfig")
    assert "did you mean mode?" in result.stderr


def test_the_boot_user_option_decides_whose_keys_are_managed(mc: Run) -> None:
    file = write("a.yaml", machine_config(**a_key()))
    arguments = ("render", "-f", file, "--pool", "worker")

    assert mc(*arguments).code == 0
    assert mc(*arguments, "--boot-user", "core").code == 1
