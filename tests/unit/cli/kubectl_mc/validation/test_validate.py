"""`kubectl mc validate` reports all problems, with their places and remedies."""

from pathlib import Path

import yaml

from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

GOOD = machine_config(**a_file())
WARNED = machine_config("55-warned", **a_file(permissions=420))
BAD = machine_config("60-bad", **a_file("/a"))
EXAMPLES = Path(__file__).parents[5] / "docs" / "examples"


def test_valid_manifests_pass(mc: Run) -> None:
    result = mc("validate", "-f", write("a.yaml", GOOD))

    assert (result.code, result.stdout, result.stderr) == (
        0,
        "1 object, no errors, no warnings\n",
        "",
    )


def test_every_problem_of_every_document_is_reported_with_its_place(mc: Run) -> None:
    write("all/a.yaml", GOOD, BAD)
    Path("all/b.yaml").write_text("a: [\n")
    write("all/c.yaml", WARNED)

    result = mc("validate", "-f", "all")

    assert result.code == 1
    lines = result.stdout.splitlines()
    line = Path("all/a.yaml").read_text().splitlines().index("      - contents:", 15) + 1
    path = "spec.config.storage.files.0.path"
    assert f"all/a.yaml:{line + 2}: error: MachineConfig 60-bad: {path}: /a is directly in /" in (
        lines
    )
    assert any(each.startswith("all/b.yaml:") for each in lines)
    assert any("55-warned" in each and ": warning: " in each for each in lines)
    assert lines[-1].endswith("2 errors, 1 warning")


def test_the_examples_are_valid_and_each_broken_one_is_not(mc: Run) -> None:
    valid = mc("validate", "-f", str(EXAMPLES), "--warnings-as-errors")
    broken = [mc("validate", "-f", str(each)).code for each in (EXAMPLES / "broken").iterdir()]

    assert (valid.code, set(broken)) == (0, {1}), valid.stdout


def test_warnings_fail_only_on_demand(mc: Run) -> None:
    file = write("a.yaml", WARNED)

    allowed, refused = (
        mc("validate", "-f", file),
        mc("validate", "-f", file, "--warnings-as-errors"),
    )

    assert (allowed.code, refused.code) == (0, 1)
    assert allowed.stdout == refused.stdout
    assert "unused key permissions; did you mean mode?" in allowed.stdout


def test_the_document_has_the_same(mc: Run) -> None:
    file = write("a.yaml", BAD)

    found, as_yaml = mc("validate", "-f", file, "-o", "json"), mc("validate", "-f", file, "-oyaml")

    assert (found.code, as_yaml.code) == (1, 1)
    assert found.json["objects"] == 1
    [problem] = found.json["problems"]
    assert problem["line"] > 1
    assert problem | {"line": 0} == {
        "severity": "error",
        "file": "a.yaml",
        "line": 0,
        "object": "MachineConfig 60-bad",
        "path": "spec.config.storage.files.0.path",
        "reason": "/a is directly in /",
        "remedy": "put the file into a directory",
    }
    assert as_yaml.yaml == found.json


def test_the_shipped_examples_are_valid_unless_marked(mc: Run) -> None:
    examples = Path(__file__).parents[5] / "docs" / "examples"

    for file in sorted(examples.glob("*.yaml")):
        wrong = "Wrong on purpose" in file.read_text()
        assert mc("validate", "-f", str(file)).code == int(wrong), file.name


def test_control_characters_in_a_manifest_are_escaped(mc: Run) -> None:
    evil = machine_config("\x1b]0;pwned\x07", **a_file("/etc/\x1b[31m\u202e"))

    result = mc("validate", "-f", write("a.yaml", evil))

    assert result.code == 1
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout
    assert "\\x1b" in result.stdout


def test_in_a_pipe_lines_are_not_wrapped_or_coloured(mc: Run) -> None:
    long = machine_config("X" * 200, **a_file())

    result = mc("validate", "-f", write("a.yaml", long))

    assert "\x1b" not in result.stdout
    assert any("X" * 200 in each for each in result.stdout.splitlines())


def test_printed_manifests_are_valid_input(mc: Run) -> None:
    Path("motd").write_text("hello\n")
    created = mc("create", "50-motd", "--role", "worker", "--file", "motd:/etc/motd")
    write("base.yaml", GOOD)

    rendered = mc("render", "--pool", "worker", "-f", "base.yaml", "-f", "-", stdin=created.raw)

    assert mc("validate", "-f", "-", stdin=created.raw).code == 0
    assert rendered.code == 0, rendered.stderr
    assert yaml.safe_load(rendered.stdout)["kind"] == "MachineConfig"
