"""The code of the roles imports only what is available where it runs."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = sorted(ROOT.glob("roles/*/action_plugins/*.py"))
ON_NODES = sorted([*ROOT.glob("roles/*/library/*.py"), *ROOT.glob("roles/*/module_utils/**/*.py")])

# The packages that a plugin may import: pure ones, and `drain`, which runs beside Ansible.
OF_THE_CONTROLLER = (
    "controller.api",
    "controller.drain",
    "controller.heartbeat",
    "controller.kubectl_proxy",
    "controller.ignition",
    "controller.logins",
    "controller.manifests",
    "controller.planning",
    "controller.rendering",
)
OF_ANSIBLE_ON_NODES = (
    "ansible.module_utils.basic",
    "ansible.module_utils.machineconfig_node",
    "ansible.module_utils.machineconfig_steps",
)
# The oldest Python on nodes that ansible-core 2.19 supports; 2.21 supports 3.9.
OLDEST_PYTHON = (3, 8)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "roles"))


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports; relative ones are of its own package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def is_of(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in packages)


def is_standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def test_there_are_files_to_check() -> None:
    assert PLUGINS
    assert ON_NODES


@pytest.mark.parametrize("path", PLUGINS, ids=name)
def test_an_action_plugin_imports_only_pure_packages_of_the_controller(path: Path) -> None:
    allowed = (*OF_THE_CONTROLLER, "ansible")

    assert [
        each for each in imports(path) if not is_of(each, allowed) and not is_standard(each)
    ] == []


@pytest.mark.parametrize("path", ON_NODES, ids=name)
def test_code_on_nodes_imports_only_the_standard_library(path: Path) -> None:
    assert [
        each
        for each in imports(path)
        if not is_of(each, OF_ANSIBLE_ON_NODES) and not is_standard(each)
    ] == []


@pytest.mark.parametrize("path", ON_NODES, ids=name)
def test_code_on_nodes_is_valid_for_the_oldest_python(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=OLDEST_PYTHON)
