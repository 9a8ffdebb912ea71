"""`machineconfig-controller`: runs the controller until it is told to stop."""

import gc
import logging
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import structlog
import typer
from pydantic import ValidationError

from controller import metrics
from controller.checks import Checks
from controller.cluster.api_server import ApiServer, Failed, reason
from controller.cluster.defaults import make_missing
from controller.cluster.lease import Lease
from controller.execution.bounds import Limits
from controller.execution.local import LocalExecutor
from controller.execution.protocol import Connection, Executor
from controller.handlers import Watch
from controller.loop import Loop
from controller.reconciler import Reconciler
from controller.settings import Settings
from controller.updates import Updates

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
_log = structlog.get_logger("controller")
# Lists of thousands of objects are read and dropped again; to look for cycles in them meanwhile
# takes as long as to read them.
_NO_GARBAGE: Final = 100_000
_START_TIMEOUT: Final = 120  # seconds; the role verify waits that long for services that start


def _help() -> str:
    lines = [
        "Roll out MachineConfigs to the nodes of the cluster. Settings, in the environment:",
        "",
    ]
    for name, setting in Settings.model_fields.items():
        default = "" if setting.default is None else f" Default: {setting.default}."
        lines.append(f"{_variable(name)}: {setting.description}{default}\n")
    return "\n".join(lines)


def _variable(name: str) -> str:
    return str(Settings.model_fields[name].validation_alias or f"MACHINECONFIG_{name.upper()}")


@app.command(help=_help())
def run() -> None:
    """Start all parts, and end with them."""
    set_up_logging()
    try:
        stopped_as_asked = _run(Settings())
    except ValidationError as error:
        for each in error.errors():
            variable = _variable(str(each["loc"][0]).lower())
            _log.error("setting refused", setting=variable, reason=each["msg"])
        sys.exit(2)
    except (*Failed, OSError) as error:
        _log.error("ended", reason=reason(error))
        sys.exit(1)
    _log.info("stopped", as_asked=stopped_as_asked)
    sys.exit(0 if stopped_as_asked else 1)


def _run(settings: Settings) -> bool:
    if not shutil.which("kubectl"):
        raise FileNotFoundError("kubectl is not on the PATH; the playbooks drain nodes with it")
    server = ApiServer(settings.kubeconfig, timeout=settings.silence / 2)
    return control(settings, server, partial(_executor, settings))


def control(
    settings: Settings,
    server: ApiServer,
    executor_telling: Callable[[Callable[[], None]], Executor],
) -> bool:
    """Wire the parts and run them until a signal; False when one of them died.

    `executor_telling` makes an executor that calls what it is given whenever a run has moved.
    """
    gc.set_threshold(_NO_GARBAGE)
    loop = Loop(settings.quiet_period)
    impatient = ApiServer(settings.kubeconfig, timeout=settings.lease_seconds / 3)
    lease = Lease(impatient, settings.lease_seconds, loop.wake)
    executor = executor_telling(loop.wake)
    updates, checks = Updates(executor, settings), Checks(executor, settings)
    reconciler = Reconciler(server, lease, updates, checks, settings, loop.wake)
    watch = Watch(loop.wake, settings.kubeconfig, settings.silence)
    metrics.serve(settings.metrics_address, settings.metrics_port, lambda: loop.healthy)
    for made in make_missing(server):
        _log.info("default made", object=made)
    with lease, watch, reconciler:
        return loop.run(reconciler.run_pass, lambda: watch.alive)


def _executor(settings: Settings, changed: Callable[[], None]) -> LocalExecutor:
    connection = Connection(
        settings.ssh_user,
        settings.ssh_port,
        settings.ssh_key,
        settings.ssh_known_hosts,
        tuple(settings.python.split(",")),
    )
    variables: dict[str, Any] = {
        "machineconfig_user": settings.boot_user,
        "drain_timeout": settings.drain_timeout,
        "reboot_timeout": settings.reboot_timeout,
        "apply_confirm_timeout": settings.confirm_timeout,
        "verify_watch_seconds": settings.verify_watch,
    }
    playbooks = settings.playbooks or _shipped_playbooks()
    # kubectl in the playbooks reaches the cluster as the controller does.
    if settings.kubeconfig:
        os.environ["KUBECONFIG"] = str(settings.kubeconfig)
    folder, limits = settings.state_folder, _limits(settings)
    return LocalExecutor(folder, playbooks, connection, variables, changed, limits)


def _limits(settings: Settings) -> Limits:
    """What a phase waits for by its own settings is not held against a run."""
    more = {
        "drain": settings.drain_timeout,
        "reboot": settings.reboot_timeout,
        "verify": settings.verify_watch + _START_TIMEOUT,
    }
    return Limits(settings.answer_timeout, more)


def _shipped_playbooks() -> Path:
    """The wheel's copy, or the folder beside the package in a checkout."""
    package = Path(str(files("controller")))
    shipped = package / "share" / "playbooks"
    return shipped if shipped.is_dir() else package.parent / "playbooks"


def set_up_logging() -> None:
    """Log to standard error: for people on a terminal, else JSON."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    app()
