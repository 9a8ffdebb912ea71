"""What `-f` takes: files, folders, standard input, YAML, JSON, several documents."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from controller.cli.kubectl_mc.files.local_files import MOST_MANIFESTS
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, machine_config, pool, write

GOOD = machine_config(**a_file())
BAD = machine_config("60-bad", **a_file("/a"))


def names(mc: Run, *words: str, stdin: str | None = None) -> list[str]:
    """Return which MachineConfigs a command has found."""
    ended = mc("render", "--pool", "worker", "--explain", "-o", "json", *words, stdin=stdin)
    assert ended.code == 0, ended.stderr
    return list(ended.json["sources"])


def test_a_folder_is_its_manifests_and_those_below_it_where_asked(mc: Run) -> None:
    write("all/b.yml", machine_config("b"))
    Path("all/a.json").write_text(json.dumps(machine_config("a")))
    Path("all/README.md").write_text("no manifest: [")
    write("all/below/c.yaml", machine_config("c"))

    assert names(mc, "-f", "all") == ["a", "b"]
    assert names(mc, "-f", "all", "-R") == ["a", "b", "c"]


def test_several_files_and_several_documents_are_one_set(mc: Run) -> None:
    first = write("1.yaml", machine_config("a"), pool("infra"), machine_config("b"))
    second = write("2.yaml", machine_config("c"))

    assert names(mc, "-f", first, "-f", second, "-f", first) == ["a", "b", "c"]


def test_standard_input_may_be_what_kubectl_get_prints(mc: Run) -> None:
    listed = {"apiVersion": "v1", "kind": "List", "items": [machine_config("a")]}

    assert names(mc, "-f", "-", stdin=yaml.safe_dump(listed)) == ["a"]
    assert names(mc, "-f", "-", stdin=json.dumps(listed)) == ["a"]


@pytest.mark.parametrize("command", ["validate", "diff", "render", "cat"])
@pytest.mark.parametrize(
    ("named", "said"),
    [
        pytest.param("nowhere.yaml", "nowhere.yaml: no such file or directory", id="no file"),
        pytest.param("empty", "no .yaml, .yml or .json file in empty", id="an empty folder"),
        pytest.param("https://x.example/a.yaml", "is a URL", id="a URL"),
        pytest.param("other.yaml", "other.yaml: no MachineConfig", id="other kinds"),
    ],
)
def test_what_cannot_be_looked_at_is_said_and_ends_with_2(
    mc: Run, command: str, named: str, said: str
) -> None:
    Path("empty").mkdir()
    write("other.yaml", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
    words = {
        "render": ["--pool", "worker"],
        "cat": ["worker", "/etc/a"],
        "diff": ["--against", "."],
    }

    ended = mc(command, "-f", named, *words.get(command, []))

    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: ")
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 2, "what is wrong, and what to do"


@pytest.mark.parametrize("source", ["a file", "a device without end", "standard input"])
def test_no_more_is_read_than_manifests_can_have(mc: Run, source: str) -> None:
    Path("large.yaml").write_bytes(b"# " + b"x" * MOST_MANIFESTS)
    named = {"a file": "large.yaml", "a device without end": "/dev/zero"}.get(source, "-")

    ended = mc("validate", "-f", named, stdin=b"x" * (MOST_MANIFESTS + 1) if named == "-" else None)

    assert (ended.code, ended.stdout) == (2, "")
    assert "has more than 32 MiB" in ended.stderr


@pytest.mark.parametrize("command", ["validate", "diff", "render", "cat"])
def test_without_a_file_it_is_the_cluster_and_without_a_cluster_it_ends_with_2(
    mc: Run, command: str
) -> None:
    words = {"render": ["--pool", "worker"], "cat": ["worker", "/etc/a"]}

    ended = mc(command, *words.get(command, []))

    assert (ended.code, ended.stdout) == (2, "")
    assert "there is no kubeconfig" in ended.stderr
    assert "no-kubeconfig" in ended.stderr


@pytest.mark.parametrize(
    "text", ["", "just words", "[]", "clusters: 7", "a: [", "current-context: a"]
)
def test_a_kubeconfig_that_is_none_is_named_and_no_traceback_is_shown(mc: Run, text: str) -> None:
    Path("kubeconfig").write_text(text)

    ended = mc("validate", "--kubeconfig", "kubeconfig")

    assert (ended.code, ended.stdout) == (2, "")
    assert "kubeconfig" in ended.stderr


def test_a_pool_that_nobody_knows_is_an_error_that_names_those_there_are(mc: Run) -> None:
    file = write("a.yaml", GOOD, pool("infra"))

    ended = mc("render", "-f", file, "--pool", "infre")

    assert ended.code == 1
    assert "no pool infre; there are infra, master, worker" in ended.stderr
    assert "did you mean infra?" in ended.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(("render", "--pool", "worker"), 1, id="render"),
        pytest.param(("cat", "worker", "/etc/a"), 1, id="cat"),
        pytest.param(("diff", "--against", "good.yaml"), 2, id="diff, for which 1 is a difference"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    mc: Run, words: tuple[str, ...], code: int
) -> None:
    write("good.yaml", GOOD)

    ended = mc(*words, "-f", write("bad.yaml", GOOD, BAD))

    assert (ended.code, ended.stdout) == (code, "")
    assert "bad.yaml:" in ended.stderr
    assert "MachineConfig 60-bad: spec.config.storage.files.0.path" in ended.stderr
    assert "put the file into a directory" in ended.stderr


def broken_link(path: Path) -> None:
    path.symlink_to("nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def link_to_a_folder(path: Path) -> None:
    path.symlink_to(".")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(broken_link, "no such file or directory", id="a link to nothing"),
        pytest.param(link_to_itself, "too many levels of symbolic links", id="a link in a circle"),
        pytest.param(link_to_a_folder, " is a folder", id="a link to a folder"),
        pytest.param(os.mkfifo, " is no regular file", id="a pipe, for which nobody waits"),
    ],
)
@pytest.mark.parametrize("words", [(), ("-R",)], ids=["a folder", "a folder and those below"])
def test_no_manifest_of_a_folder_is_passed_over(
    mc: Run, make: Callable[[Path], None], said: str, words: tuple[str, ...]
) -> None:
    write("all/a.yaml", GOOD)
    make(Path("all/b.yaml"))

    ended = mc("validate", "-f", "all", *words)

    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: all/b.yaml")
    assert said in ended.stderr


def test_a_folder_with_the_ending_of_a_manifest_is_a_folder(mc: Run) -> None:
    write("all/a.yaml", machine_config("a"))
    write("all/below.yaml/b.yaml", machine_config("b"))
    Path("all/README.md").symlink_to("nowhere")

    assert names(mc, "-f", "all") == ["a"]
    assert names(mc, "-f", "all", "-R") == ["a", "b"]
