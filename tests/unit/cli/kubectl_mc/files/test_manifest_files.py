"""`-f` takes files, folders and standard input, in YAML or JSON, with several documents."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from controller.cli.kubectl_mc.files.local_files import MAX_MANIFEST_BYTES
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, pool, write

GOOD = machine_config(**a_file())
BAD = machine_config("60-bad", **a_file("/a"))


def names(mc: Run, *arguments: str, stdin: str | None = None) -> list[str]:
    """Return the names of the MachineConfigs that a command has read."""
    result = mc("render", "--pool", "worker", "--explain", "-o", "json", *arguments, stdin=stdin)
    assert result.code == 0, result.stderr
    return list(result.json["sources"])


def test_a_folder_stands_for_its_manifests_and_with_r_for_those_below(mc: Run) -> None:
    write("all/b.yml", machine_config("b"))
    Path("all/a.json").write_text(json.dumps(machine_config("a")))
    Path("all/README.md").write_text("no manifest: [")
    write("all/below/c.yaml", machine_config("c"))

    assert names(mc, "-f", "all") == ["a", "b"]
    assert names(mc, "-f", "all", "-R") == ["a", "b", "c"]


def test_several_files_and_documents_are_one_set(mc: Run) -> None:
    first = write("1.yaml", machine_config("a"), pool("infra"), machine_config("b"))
    second = write("2.yaml", machine_config("c"))

    assert names(mc, "-f", first, "-f", second, "-f", first) == ["a", "b", "c"]


def test_standard_input_may_be_the_output_of_kubectl_get(mc: Run) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [machine_config("a")]}

    assert names(mc, "-f", "-", stdin=yaml.safe_dump(listed)) == ["a"]
    assert names(mc, "-f", "-", stdin=json.dumps(listed)) == ["a"]


@pytest.mark.parametrize("command", ["validate", "diff", "render", "cat"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("nowhere.yaml", "nowhere.yaml: no such file or directory", id="no file"),
        pytest.param("empty", "no .yaml, .yml or .json file in empty", id="an empty folder"),
        pytest.param("https://x.example/a.yaml", "is a URL", id="a URL"),
        pytest.param("other.yaml", "other.yaml: contains only other kinds (", id="other kinds"),
    ],
)
def test_what_cannot_be_read_is_reported_with_exit_code_2(
    mc: Run, command: str, path: str, reason: str
) -> None:
    Path("empty").mkdir()
    write("other.yaml", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
    arguments = {
        "render": ["--pool", "worker"],
        "cat": ["worker", "/etc/a"],
        "diff": ["--against", "."],
    }

    result = mc(command, "-f", path, *arguments.get(command, []))

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 2, "the reason and the remedy"


@pytest.mark.parametrize("source", ["a file", "an endless device", "standard input"])
def test_the_size_of_a_file_is_limited(mc: Run, source: str) -> None:
    Path("large.yaml").write_bytes(b"# " + b"x" * MAX_MANIFEST_BYTES)
    named = {"a file": "large.yaml", "an endless device": "/dev/zero"}.get(source, "-")

    result = mc(
        "validate", "-f", named, stdin=b"x" * (MAX_MANIFEST_BYTES + 1) if named == "-" else None
    )

    assert (result.code, result.stdout) == (2, "")
    assert "is larger than 32 MiB" in result.stderr


@pytest.mark.parametrize("command", ["validate", "diff", "render", "cat"])
def test_without_f_the_cluster_is_read_and_without_a_cluster_the_exit_code_is_2(
    mc: Run, command: str
) -> None:
    arguments = {"render": ["--pool", "worker"], "cat": ["worker", "/etc/a"]}

    result = mc(command, *arguments.get(command, []))

    assert (result.code, result.stdout) == (2, "")
    assert "there is no kubeconfig" in result.stderr
    assert "no-kubeconfig" in result.stderr


@pytest.mark.parametrize(
    "text", ["", "just words", "[]", "clusters: 7", "a: [", "current-context: a"]
)
def test_an_invalid_kubeconfig_is_reported_without_a_traceback(mc: Run, text: str) -> None:
    Path("kubeconfig").write_text(text)

    result = mc("validate", "--kubeconfig", "kubeconfig")

    assert (result.code, result.stdout) == (2, "")
    assert "kubeconfig" in result.stderr


def test_an_unknown_pool_is_an_error_that_names_the_existing_ones(mc: Run) -> None:
    file = write("a.yaml", GOOD, pool("infra"))

    result = mc("render", "-f", file, "--pool", "infre")

    assert result.code == 1
    assert "no pool infre; there are infra, master, worker" in result.stderr
    assert "did you mean infra?" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("render", "--pool", "worker"), 1, id="render"),
        pytest.param(("cat", "worker", "/etc/a"), 1, id="cat"),
        pytest.param(("diff", "--against", "good.yaml"), 2, id="diff, for which 1 means changes"),
    ],
)
def test_an_error_in_a_file_is_reported_with_its_line(
    mc: Run, arguments: tuple[str, ...], code: int
) -> None:
    write("good.yaml", GOOD)

    result = mc(*arguments, "-f", write("bad.yaml", GOOD, BAD))

    assert (result.code, result.stdout) == (code, "")
    assert "bad.yaml:" in result.stderr
    assert "MachineConfig 60-bad: spec.config.storage.files.0.path" in result.stderr
    assert "put the file into a directory" in result.stderr


def broken_link(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_to_a_folder(path: Path) -> None:
    path.symlink_to(".")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(broken_link, "no such file or directory", id="a link to nothing"),
        pytest.param(link_to_itself, "too many levels of symbolic links", id="a link in a circle"),
        pytest.param(link_to_a_folder, " is a folder", id="a link to a folder"),
        pytest.param(os.mkfifo, " is not a regular file", id="a pipe, whose read would block"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("-R",)], ids=["a folder", "a folder and those below"])
def test_no_manifest_in_a_folder_is_skipped(
    mc: Run, make: Callable[[Path], None], reason: str, arguments: tuple[str, ...]
) -> None:
    write("all/a.yaml", GOOD)
    make(Path("all/b.yaml"))

    result = mc("validate", "-f", "all", *arguments)

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: all/b.yaml")
    assert reason in result.stderr


def test_a_folder_with_the_suffix_of_a_manifest_is_a_folder(mc: Run) -> None:
    write("all/a.yaml", machine_config("a"))
    write("all/below.yaml/b.yaml", machine_config("b"))
    Path("all/README.md").symlink_to("nowhere")

    assert names(mc, "-f", "all") == ["a"]
    assert names(mc, "-f", "all", "-R") == ["a", "b"]


def test_an_empty_pool_name_is_refused(mc: Run) -> None:
    write("motd.yaml", machine_config("50-motd"))

    result = mc("render", "-f", "motd.yaml", "--pool", "")

    assert (result.code, result.stdout) == (1, "")
    assert result.stderr.startswith('error: no pool ""; there are master, worker\n')
