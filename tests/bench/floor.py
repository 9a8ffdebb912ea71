"""The lower bound: the bare steps over SSH, as shell scripts, with the files in an archive."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from controller.ignition import decode_data_url
from tests.bench.configs import Config
from tests.lab import Lab

_SCRIPTS = Path(__file__).parent


def archive(config: Config, path: Path) -> Path:
    """Write the files of a config into an archive at `path`."""
    with tarfile.open(path, "w") as made:
        for each in config["storage"]["files"]:
            content = decode_data_url(each["contents"]["source"]).data
            about = tarfile.TarInfo(each["path"].lstrip("/"))
            about.size, about.mode = len(content), each["mode"]
            made.addfile(about, io.BytesIO(content))
    return path


def run(lab: Lab, script: str, node: str, archived: Path) -> None:
    """Run a script of this directory for a node of the lab."""
    environment = {
        **os.environ,
        "PATH": f"{lab.bin}:{os.environ['PATH']}",
        "KUBECONFIG": str(lab.kubeconfig),
        "SSH_CONFIG": str(lab.ssh_config),
    }
    command = ["sh", "-eu", str(_SCRIPTS / script), node, str(archived)]
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
