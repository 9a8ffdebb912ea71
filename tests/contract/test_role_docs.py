"""What a person finds who asks what a role does: its README, and what ansible-doc shows."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = Path(__file__).parents[2]
_ROLES = sorted(path.parent for path in (_ROOT / "roles").glob("*/tasks"))
_MODULES = sorted((_ROOT / "roles").glob("*/library/*.py"))
_EXAMPLE = re.compile(r"^## Example\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("role", _ROLES, ids=lambda path: path.name)
def test_the_readme_names_the_arguments_that_are_specified_and_no_other(role: Path) -> None:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {option for entry in specs.values() for option in entry.get("options", {})}
    named = re.findall(r"^\| `(\w+)` \|", (role / "README.md").read_text(), re.MULTILINE)
    assert set(named) == options


@pytest.mark.parametrize("role", _ROLES, ids=lambda path: path.name)
def test_the_readme_has_an_example_with_that_role(role: Path) -> None:
    assert re.search(rf"\b{role.name}\b", _example(role))


def test_the_examples_are_playbooks(tmp_path: Path) -> None:
    for role in _ROLES:
        (tmp_path / f"{role.name}.yml").write_text(_example(role))
    playbooks = sorted(map(str, tmp_path.iterdir()))
    checked = _run("ansible-playbook", "--syntax-check", "--inventory=worker-1,", *playbooks)
    assert checked.returncode == 0, checked.stderr


def test_ansible_doc_shows_every_role() -> None:
    names = [role.name for role in _ROLES]
    shown = _documented("--type=role", "--roles-path=roles", *names)
    assert sorted(shown) == names
    for role in shown.values():
        assert role["entry_points"]["main"]["short_description"]


def test_ansible_doc_shows_every_module() -> None:
    folders = ":".join(sorted({str(module.parent) for module in _MODULES}))
    names = [module.stem for module in _MODULES]
    shown = _documented("--type=module", f"--module-path={folders}", *names)
    assert sorted(shown) == sorted(names)
    for module in shown.values():
        assert module["doc"]["short_description"]
        assert module["examples"]
        assert module["return"]


def _example(role: Path) -> str:
    example = _EXAMPLE.search((role / "README.md").read_text())
    assert example is not None
    return example[1]


def _documented(*words: str) -> dict[str, Any]:
    done = _run("ansible-doc", "--json", *words)
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def _run(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = (str(Path(sys.executable).parent / program), *arguments)
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
