"""Runs `kubectl mc` as the administrator of a lab."""

import os
import subprocess
import sys
from pathlib import Path

from tests.lab import Lab

_COMMAND = str(Path(sys.executable).parent / "kubectl-mc")


def kubectl_mc(lab: Lab, *words: str, check: bool = False) -> "subprocess.CompletedProcess[str]":
    """Run it, and return what it printed; with `check` it has to succeed."""
    return subprocess.run(
        [_COMMAND, *words],
        env={**os.environ, "KUBECONFIG": str(lab.kubeconfig)},
        capture_output=True,
        text=True,
        check=check,
    )
