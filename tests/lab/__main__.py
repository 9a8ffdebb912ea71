"""The command line: ``python -m tests.lab up|machines|run|down|status|build``."""

import argparse
import os
import signal
import sys
from pathlib import Path

from tests.lab import controller, keeper, lifecycle
from tests.lab.blueprint import nodes_of
from tests.lab.lab import Lab
from tests.lab.report import LabError, say


def main() -> None:
    """Run the requested command, and print an error in one line."""
    options = _arguments()
    # Like Ctrl-C, so that the lab is cleaned up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = options.dir.resolve()
    try:
        if options.command == "build":
            lifecycle.fill_caches(nodes_of(options.workers))
        elif options.command == "up":
            _up(folder, options.workers, options.control_planes)
        elif options.command == "machines":
            Lab.without_cluster(folder).up(stays=True)
        elif options.command == "run":
            controller.run(Lab(folder))
        elif options.command == "down":
            Lab(folder).down()
        elif options.command == "status":
            _status(folder)
        elif options.command == "keep":
            keeper.keep(folder)
    except LabError as error:
        say(f"lab: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        say("lab: interrupted")
        sys.exit(130)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    default = Path(os.environ.get("LAB_DIR", ".lab"))
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument("--dir", type=Path, default=default, help="directory of the lab (LAB_DIR)")
    size = argparse.ArgumentParser(add_help=False)
    size.add_argument("--workers", type=int, default=3, help="number of workers (3)")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", parents=[folder, size], help="start a lab and leave it running")
    up.add_argument(
        "--control-planes",
        type=int,
        default=1,
        help="number of control-plane nodes, several with members of etcd (1)",
    )
    commands.add_parser(
        "machines",
        parents=[folder],
        help="start one machine of each Debian release, without a cluster",
    )
    commands.add_parser("run", parents=[folder], help="run the controller on the lab until Ctrl-C")
    commands.add_parser(
        "down", parents=[folder], help="end the lab and remove everything except its logs"
    )
    commands.add_parser("status", parents=[folder], help="show what runs")
    commands.add_parser(
        "build", parents=[folder, size], help="only build the files that labs share"
    )
    # Without help, because only the lab itself starts its keeper.
    commands.add_parser("keep", parents=[folder])
    return parser.parse_args()


def _up(folder: Path, workers: int, control_planes: int) -> None:
    lab = Lab(folder, workers=workers, control_planes=control_planes)
    lab.up(stays=True)
    say(f"lab: {lab.bin}/kubectl --kubeconfig={lab.kubeconfig} get nodes")
    say(f"lab: ssh -F {lab.ssh_config} {lab.nodes[-1]}")


def _status(folder: Path) -> None:
    lab = Lab(folder)
    if not lab.is_up():
        raise LabError(f"There is no lab in {folder}", "Start one with: make lab")
    for name in sorted(path.name for path in (folder / "on").iterdir()):
        say(f"lab: {name} runs")
    if lab.kubeconfig.exists():
        say(lab.kubectl("get", "nodes", check=False).stdout.rstrip())


if __name__ == "__main__":
    main()
