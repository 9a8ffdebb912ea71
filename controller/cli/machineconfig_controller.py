"""`machineconfig-controller`: wires the parts of the controller, and runs it until a signal."""

import errno
import gc
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import structlog
import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from controller import metrics
from controller.cli.logs import set_up_logging
from controller.cli.settings_check import SettingProblem, SettingsError, check_settings
from controller.cli.version import Version
from controller.cluster.api_server import ApiServer, UnreadableError
from controller.cluster.discovery import kinds_are_served
from controller.cluster.errors import ClusterError
from controller.cluster.lease import Lease
from controller.cluster.live_cluster import LiveCluster
from controller.execution.limits import Limits
from controller.execution.local import LocalExecutor
from controller.execution.protocol import Executor
from controller.planning.plan import plan
from controller.reconcile.concurrent_writes import ConcurrentWrites
from controller.reconcile.loop import Loop
from controller.reconcile.ports import Ports
from controller.reconcile.reconciler import Reconciler
from controller.reconcile.render_cache import RenderCache
from controller.reconcile.watch import Watch
from controller.runs.checks import Checks
from controller.runs.updates import Updates
from controller.settings import COMPUTED_DEFAULTS, Settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
_log = structlog.get_logger("controller")
# Each pass parses and drops thousands of objects; collecting cycles meanwhile would take as long.
_GC_THRESHOLD: Final = 100_000
# Seconds; the node itself gives up on a service after half of that, and reports it.
_SYSTEMCTL_TIMEOUT: Final = 600
_START_TIMEOUT: Final = 120  # seconds that the role verify waits for services that start


def _help() -> str:
    lines = [
        "Roll out MachineConfigs to the nodes of the cluster. Settings, in the environment:",
        "",
    ]
    for name, setting in Settings.model_fields.items():
        default = "" if setting.default is None else f" Default: {_default(name)}."
        lines.append(f"{_variable(name)}: {setting.description}{default}\n")
    return "\n".join(lines)


def _default(name: str) -> str:
    value = str(Settings.model_fields[name].default) or "none"
    return f"{COMPUTED_DEFAULTS[name]} (here {value})" if name in COMPUTED_DEFAULTS else value


def _variable(name: str) -> str:
    return str(Settings.model_fields[name].validation_alias or f"MACHINECONFIG_{name.upper()}")


@app.command(help=_help())
def run(*, version: Version = False) -> None:  # noqa: ARG001 - it exits by itself
    """Run the controller."""
    set_up_logging()
    try:
        _run(_settings())
    except SettingsError as error:
        for each in error.problems:
            _log.error(
                "invalid setting", setting=each.setting, reason=each.reason, remedy=each.remedy
            )
        sys.exit(2)
    except ClusterError as error:
        remedy = {"remedy": error.remedy} if error.remedy else {}
        _log.error("ended", reason=error.cause, **remedy)
        sys.exit(1)
    except OSError as error:
        _log.error("ended", reason=str(error))
        sys.exit(1)
    _log.info("stopped")


def _settings() -> Settings:
    try:
        settings = Settings()
    except ValidationError as error:
        remedy = "machineconfig-controller --help lists the settings"
        found = [
            SettingProblem(_variable(str(each["loc"][0]).lower()), _reason(each), remedy)
            for each in error.errors()
        ]
        raise SettingsError(found) from error
    if problems := tuple(check_settings(settings)):
        raise SettingsError(problems)
    return settings


def _reason(details: ErrorDetails) -> str:
    match details["type"]:
        case "int_parsing":
            return f'"{details["input"]}" is not an integer'
        case "float_parsing":
            return f'"{details["input"]}" is not a number'
        case _:
            return details["msg"]


def _run(settings: Settings) -> None:
    try:
        server = ApiServer.for_controller(settings.kubeconfig, settings.watch_timeout / 2)
        lease_server = ApiServer.for_controller(settings.kubeconfig, settings.lease_seconds / 3)
    except UnreadableError as error:
        remedy = "set it to a kubeconfig that kubectl accepts"
        raise SettingsError([SettingProblem("KUBECONFIG", str(error), remedy)]) from error
    control(settings, server, lease_server, partial(_executor, settings))


def control(
    settings: Settings,
    server: ApiServer,
    lease_server: ApiServer,
    make_executor: Callable[[Callable[[], None]], Executor],
) -> None:
    """Wire the parts and run them until a signal.

    `lease_server` is the same API server, with the shorter timeout of the Lease. `make_executor`
    receives the function that the executor calls when a run has made progress.
    """
    gc.set_threshold(_GC_THRESHOLD)
    loop, cluster = Loop(settings.quiet_period), LiveCluster(server)
    lease = Lease(lease_server, settings.lease_seconds, loop.wake)
    executor = make_executor(loop.wake)
    updates, checks = Updates(executor, settings), Checks(executor, settings)
    ports = Ports(cluster, lease, partial(datetime.now, UTC), ConcurrentWrites(), loop.wake)
    reconciler = Reconciler(ports, updates, checks, settings, partial(plan, renderer=RenderCache()))
    watch = Watch(
        loop.wake,
        loop.wake_for_more,
        partial(kinds_are_served, server),
        settings.kubeconfig,
        settings.watch_timeout,
    )
    _serve_metrics(settings, lambda: loop.problem)
    _create_defaults(cluster)

    def make_pass() -> float:
        if loop.problem:
            # The CRDs may have been deleted, and the defaults with them.
            _create_defaults(cluster)
        return reconciler.run_pass()

    with lease, watch, cluster, reconciler:
        loop.run(make_pass)


def _create_defaults(cluster: LiveCluster) -> None:
    for name in cluster.create_defaults():
        _log.info("default created", object=name)


def _serve_metrics(settings: Settings, problem: Callable[[], str]) -> None:
    address, port = settings.metrics_address, settings.metrics_port
    try:
        metrics.serve(address, port, problem)
    except OSError as error:
        cause = f"cannot listen on {address}:{port}: {(error.strerror or str(error)).lower()}"
        port_is_cause = error.errno in {errno.EADDRINUSE, errno.EACCES}
        name = "metrics_port" if port_is_cause else "metrics_address"
        found = SettingProblem(_variable(name), cause, "set it to another value")
        raise SettingsError([found]) from error


def _executor(settings: Settings, changed: Callable[[], None]) -> LocalExecutor:
    variables: dict[str, Any] = {
        "machineconfig_user": settings.boot_user,
        "drain_timeout": settings.drain_timeout,
        "reboot_timeout": settings.reboot_timeout,
        "apply_confirm_timeout": settings.confirm_timeout,
        "verify_heartbeat_timeout": settings.kubelet_timeout,
        "verify_watch_seconds": settings.verify_watch,
    }
    playbooks = settings.playbooks or _shipped_playbooks()
    # kubectl in the playbooks uses the same cluster as the controller.
    environment = {"KUBECONFIG": str(settings.kubeconfig)} if settings.kubeconfig else {}
    folder, limits = settings.state_folder, _limits(settings)
    try:
        return LocalExecutor(folder, playbooks, variables, changed, limits, environment)
    except OSError as error:
        cause = f"{folder} cannot be used: {(error.strerror or str(error)).lower()}"
        remedy = "set it to a folder that belongs to this user alone"
        found = SettingProblem(_variable("state_folder"), cause, remedy)
        raise SettingsError([found]) from error


def _limits(settings: Settings) -> Limits:
    """Allow each phase the time that its own settings let it wait."""
    more = {
        "drain": settings.drain_timeout,
        "reboot": settings.reboot_timeout,
        "verify": settings.verify_watch + _START_TIMEOUT + 2 * settings.kubelet_timeout,
        **dict.fromkeys(("apply", "actions", "rollback"), _SYSTEMCTL_TIMEOUT),
    }
    return Limits(settings.answer_timeout, more)


def _shipped_playbooks() -> Path:
    """Return the wheel's copy, or the folder beside the package in a checkout."""
    package = Path(str(files("controller")))
    shipped = package / "share" / "playbooks"
    return shipped if shipped.is_dir() else package.parent / "playbooks"


if __name__ == "__main__":
    app()
