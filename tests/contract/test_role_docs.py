"""The documentation of a role: its README, and the output of ansible-doc."""

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
_ROW = re.compile(r"^\| `(\w+)` \| (.+?) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"^## Example\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


EACH_ROLE = pytest.mark.parametrize("role", _ROLES, ids=lambda path: path.name)


@EACH_ROLE
def test_the_readme_names_the_specified_arguments_and_no_other(role: Path) -> None:
    assert _table(role).keys() == _options(role).keys()


@EACH_ROLE
def test_the_readme_and_the_specification_have_the_real_defaults(role: Path) -> None:
    told, defaults = _table(role), _yaml(role / "defaults" / "main.yml")
    for name, option in _options(role).items():
        default = defaults.get(name)
        if option.get("required"):
            assert told[name] == "required"
            assert default is None
        elif isinstance(default, str) and "{{" in default:
            assert "default" not in option
            assert told[name]
        elif default is not None:
            assert option["default"] == default
            shown = json.dumps(default).strip('"')
            assert told[name] == (f"`{shown}`" if shown else "empty")


@EACH_ROLE
def test_every_default_is_specified(role: Path) -> None:
    assert _yaml(role / "defaults" / "main.yml").keys() <= _options(role).keys()


@EACH_ROLE
def test_every_entry_point_is_specified(role: Path) -> None:
    assert {"main", *_entered(role)} == _entries(role).keys()


@EACH_ROLE
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
    for entry in (entry for role in shown.values() for entry in role["entry_points"].values()):
        assert entry["short_description"]
        assert all(option["description"] for option in entry.get("options", {}).values())


def test_ansible_doc_shows_every_module() -> None:
    folders = ":".join(sorted({str(module.parent) for module in _MODULES}))
    names = [module.stem for module in _MODULES]
    shown = _documented("--type=module", f"--module-path={folders}", *names)
    assert sorted(shown) == sorted(names)
    for module in shown.values():
        assert module["doc"]["short_description"]
        assert module["examples"]
        assert module["return"]


def _entries(role: Path) -> dict[str, Any]:
    specs: dict[str, Any] = _yaml(role / "meta" / "argument_specs.yml")["argument_specs"]
    return specs


def _options(role: Path) -> dict[str, Any]:
    """Return the arguments of all its entry points."""
    entries = _entries(role).values()
    return {name: option for entry in entries for name, option in entry.get("options", {}).items()}


def _table(role: Path) -> dict[str, str]:
    """Return the first two columns of the README's table: the arguments and their defaults."""
    return dict(_ROW.findall((role / "README.md").read_text()))


def _entered(role: Path) -> set[str]:
    """Return the task files, except main, that a playbook includes."""
    playbooks = (path.read_text() for path in (_ROOT / "playbooks").glob("**/*.yml"))
    pattern = rf"name: {role.name}\n(?:\s+#.*\n)*\s+tasks_from: (\w+)"
    return {found for text in playbooks for found in re.findall(pattern, text)}


def _yaml(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


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
