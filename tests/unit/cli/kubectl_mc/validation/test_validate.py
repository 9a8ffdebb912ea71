"""`kubectl mc validate`: all problems at once, where they are, and how to mend them."""

from pathlib import Path

import yaml

from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, write

GOOD = machine_config(**a_file())
DOUBTFUL = machine_config("55-doubtful", **a_file(permissions=420))
BAD = machine_config("60-bad", **a_file("/a"))


def test_all_is_well(mc: Run) -> None:
    ended = mc("validate", "-f", write("a.yaml", GOOD))

    assert (ended.code, ended.stdout, ended.stderr) == (
        0,
        "1 object, no errors, no warnings\n",
        "",
    )


def test_every_problem_of_every_document_is_named_with_its_place(mc: Run) -> None:
    write("all/a.yaml", GOOD, BAD)
    Path("all/b.yaml").write_text("a: [\n")
    write("all/c.yaml", DOUBTFUL)

    ended = mc("validate", "-f", "all")

    assert ended.code == 1
    lines = ended.stdout.splitlines()
    line = Path("all/a.yaml").read_text().splitlines().index("      - contents:", 15) + 1
    path = "spec.config.storage.files.0.path"
    assert f"all/a.yaml:{line + 2}: error: MachineConfig 60-bad: {path}: /a is directly in /" in (
        lines
    )
    assert any(each.startswith("all/b.yaml:") for each in lines)
    assert any("55-doubtful" in each and ": warning: " in each for each in lines)
    assert lines[-1].endswith("2 errors, 1 warning")


def test_warnings_fail_only_where_they_shall(mc: Run) -> None:
    file = write("a.yaml", DOUBTFUL)

    allowed, refused = (
        mc("validate", "-f", file),
        mc("validate", "-f", file, "--warnings-as-errors"),
    )

    assert (allowed.code, refused.code) == (0, 1)
    assert allowed.stdout == refused.stdout
    assert "unused key permissions; did you mean mode?" in allowed.stdout


def test_programs_read_the_same(mc: Run) -> None:
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


def test_the_examples_that_are_shipped_are_as_they_say(mc: Run) -> None:
    examples = Path(__file__).parents[5] / "docs" / "examples"

    for file in sorted(examples.glob("*.yaml")):
        wrong = "Wrong on purpose" in file.read_text()
        assert mc("validate", "-f", str(file)).code == int(wrong), file.name


def test_nothing_in_a_manifest_reaches_the_terminal_as_a_command(mc: Run) -> None:
    evil = machine_config("\x1b]0;pwned\x07", **a_file("/etc/\x1b[31m\u202e"))

    ended = mc("validate", "-f", write("a.yaml", evil))

    assert ended.code == 1
    assert "\x1b" not in ended.stdout
    assert "\u202e" not in ended.stdout
    assert "\\x1b" in ended.stdout


def test_in_a_pipe_no_line_is_broken_and_none_is_coloured(mc: Run) -> None:
    long = machine_config("X" * 200, **a_file())

    ended = mc("validate", "-f", write("a.yaml", long))

    assert "\x1b" not in ended.stdout
    assert any("X" * 200 in each for each in ended.stdout.splitlines())


def test_what_goes_into_a_file_is_read_again(mc: Run) -> None:
    """What `create` and `render` print, `validate` accepts."""
    Path("motd").write_text("hello\n")
    made = mc("create", "50-motd", "--role", "worker", "--file", "motd:/etc/motd")
    write("base.yaml", GOOD)

    rendered = mc("render", "--pool", "worker", "-f", "base.yaml", "-f", "-", stdin=made.raw)

    assert mc("validate", "-f", "-", stdin=made.raw).code == 0
    assert rendered.code == 0, rendered.stderr
    assert yaml.safe_load(rendered.stdout)["kind"] == "MachineConfig"
