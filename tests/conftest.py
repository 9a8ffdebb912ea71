"""Fixtures on top of the lab. Each lab is started when the first test requests it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.controller import Controller

_NEED_ROOT = {"api_server", "lab", "root"}
_skipped_without_root: set[str] = set()


@dataclass(frozen=True)
class ApiServer:
    """A real API server without controllers that act on its objects."""

    kubeconfig: Path
    _lab: Lab

    def kubectl(
        self, *arguments: str, stdin: str | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run kubectl as the administrator, and return also a refusal as a result."""
        return self._lab.kubectl(*arguments, stdin=stdin, check=False)

    @property
    def bin(self) -> Path:
        """The directory of kubectl, for the PATH of programs that call it."""
        return self._lab.bin

    def install(self) -> Path:
        """Install the product, and return the kubeconfig of its ServiceAccount."""
        self._lab.install()
        return self._lab.controller_kubeconfig

    def controller(self) -> Controller:
        """Return the installed product as a process that is not started yet."""
        return Controller(self._lab)


@pytest.fixture(scope="session")
def api_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    """An API server for contract tests, apart from the lab with nodes."""
    with _running(Lab(tmp_path_factory.mktemp("api-server"), workers=None), request) as lab:
        yield ApiServer(lab.kubeconfig, lab)


@pytest.fixture(scope="session")
def lab(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One control-plane node and three workers; each test leaves them as it found them."""
    with _running(Lab(tmp_path_factory.mktemp("lab")), request) as lab:
        yield lab


@pytest.fixture
def root() -> None:
    """Requested by a test that starts a lab of its own."""


@contextmanager
def _running(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Lab]:
    capture = request.config.pluginmanager.getplugin("capturemanager")
    # A first build takes minutes, so its progress is shown.
    with capture.global_and_fixture_disabled():
        lab.up()
    try:
        yield lab
    finally:
        lab.down()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that need root where there is none; in CI that is a failure."""
    needs_root = _NEED_ROOT.intersection(getattr(item, "fixturenames", ()))
    if not needs_root or os.geteuid() == 0:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("the lab needs root, and in CI no test may be skipped", pytrace=False)
    _skipped_without_root.add(item.nodeid)
    pytest.skip("the lab needs root")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Warn that a successful run without root has not tested everything."""
    if _skipped_without_root:
        terminalreporter.write_line(
            "NOT TESTED: the tests on real machines and a real API server need root (sudo)",
            red=True,
            bold=True,
        )
