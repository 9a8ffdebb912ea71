"""The pages for contributors name files, targets and versions that exist."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGES = [
    *(_ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(_ROOT / "docs" / f"{name}.md" for name in ("architecture", "glossary", "limitations")),
    _ROOT / "docs" / "versions.md",
    *sorted((_ROOT / "docs" / "decisions").glob("*.md")),
]
EACH_PAGE = pytest.mark.parametrize("page", _PAGES, ids=lambda path: path.name)
# Files and folders of this repository, as they are written in backquotes.
_TOPS = {path.name for path in _ROOT.iterdir() if not path.name.startswith(".venv")}
_QUOTED = re.compile(r"`([^`\s]+)`")
_LINK = re.compile(r"\]\((?!https:)([^)#]*)(?:#([^)]*))?\)")
_TARGET = re.compile(r"`make ([a-z-]+)[^`]*`|^make ([a-z-]+)", re.MULTILINE)
# In a page a word in capitals stands for a name of the reader's own.
_EXAMPLE = re.compile(r"\b(NAME|X)\b")
_PIN = re.compile(r"^([a-z0-9-]+)==(\S+) ", re.MULTILINE)
_REQUIREMENT = re.compile(r"[\w.-]+")
_HEADING = re.compile(
    r"^## \[(?:Unreleased|\d+\.\d+\.\d+)\](?: - \d{4}-\d{2}-\d{2})?$", re.MULTILINE
)
_STATUS = re.compile(r"^# .+\n\n(?:Accepted|Replaced by \d+), \d{4}-\d{2}\.\n\n")
_KINDS_OF_CHANGES = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def _named(page: Path) -> Iterator[str]:
    for quoted in _QUOTED.findall(page.read_text()):
        path = quoted.removesuffix(":")
        if "/" in path and path.split("/")[0] in _TOPS and not _EXAMPLE.search(path):
            yield path


@EACH_PAGE
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    assert [path for path in _named(page) if not (_ROOT / path).exists()] == []


@EACH_PAGE
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert [link for link in _LINK.findall(page.read_text()) if not _leads(page, *link)] == []


def _leads(page: Path, place: str, heading: str) -> bool:
    target = (page.parent / place).resolve() if place else page
    if not heading:
        return target.exists()
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
    return heading in {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@EACH_PAGE
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {quoted or line for quoted, line in _TARGET.findall(page.read_text())}
    assert named <= targets


def test_the_table_of_layers_is_the_one_that_the_import_contract_holds() -> None:
    linter = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(each for each in linter["contracts"] if each.get("containers") == ["controller"])
    page = (_ROOT / "docs" / "architecture.md").read_text().partition("\n## Layers\n")[2]
    table = page.partition("\nPure code")[0]
    named = [_names(row) for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)]
    told = {name: place for place, row in enumerate(named) for name in row}
    contract = [layer.split(" | ") for layer in layers["layers"]]

    assert set(told) == {name for layer in contract for name in layer}
    for upper, lower in pairwise(contract):
        assert max(told[name] for name in upper) < min(told[name] for name in lower)


def _names(row: str) -> list[str]:
    return re.findall(r"`controller/(\w+)", row)


def test_the_guide_has_a_cost_for_the_main_targets() -> None:
    table = (_ROOT / "CONTRIBUTING.md").read_text()
    for target in ("unit", "fast", "coverage", "lint", "matrix", "molecule", "test", "demo"):
        assert f"| `make {target}" in table


def test_the_lock_pins_with_hashes_all_that_the_project_requires() -> None:
    lock = (_ROOT / "requirements.lock").read_text()
    pins = dict(_PIN.findall(lock))
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {_canonical(each) for each in required}
    assert names <= pins.keys()
    for entry in re.split(r"\n(?=[a-z])", lock)[1:]:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def _canonical(requirement: str) -> str:
    name = _REQUIREMENT.match(requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_the_changelog_is_kept_as_its_form_asks() -> None:
    text = (_ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## .*$", text, re.MULTILINE)
    assert headings[0] == "## [Unreleased]"
    assert all(map(_HEADING.match, headings))
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= _KINDS_OF_CHANGES


def test_the_changelog_has_the_version_of_the_package() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    assert f"\n## [{project['version']}]" in (_ROOT / "CHANGELOG.md").read_text()


def test_each_term_is_defined_once() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (_ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)
    terms = [term for row in rows if row != "term" for term in row.split(", ")]
    assert len(terms) == len(set(terms))


def test_each_decision_is_listed_and_has_its_parts() -> None:
    folder = _ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text()
    for number, page in enumerate(sorted(folder.glob("0*.md")), start=1):
        assert f"({page.name})" in listed
        assert page.name.startswith(f"{number:04}-")
        assert _STATUS.search(page.read_text())
        assert re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE) == [
            "Context",
            "Decision",
            "What was tried",
            "Drawbacks",
        ]
