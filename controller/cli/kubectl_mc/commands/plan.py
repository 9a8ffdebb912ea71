"""`kubectl mc plan`."""

from dataclasses import replace
from datetime import UTC, datetime

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.manifest_source import ManifestSource
from controller.cli.kubectl_mc.arguments.selection import Selection
from controller.cli.kubectl_mc.cluster import observation
from controller.cli.kubectl_mc.cluster.drain_forecast import forecast_drains
from controller.cli.kubectl_mc.files.manifest_files import Documents
from controller.cli.kubectl_mc.rollout.forecast import forecast_rollout
from controller.cli.kubectl_mc.rollout.forecast_view import forecast_document, forecast_lines
from controller.cli.kubectl_mc.rollout.upcoming_drains import upcoming_drains
from controller.cli.kubectl_mc.terminal.console import Line, print_lines
from controller.cli.kubectl_mc.terminal.documents import print_document
from controller.cli.kubectl_mc.terminal.entries import all_lines
from controller.cli.kubectl_mc.terminal.errors import exit_on_error
from controller.planning.snapshot import Snapshot


def plan(  # noqa: PLR0913 - each is an option
    named: options.PoolsAndNodes = None,
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    output: options.OutputFormat = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show what is done with each node now and next, and why.

    Nodes are in rollout order. With -f: what would be done after `kubectl apply` of these files.

    \b
      kubectl mc plan
      kubectl mc plan worker
      kubectl mc plan -f 50-motd.yaml

    Exit code 0: printed. 1: no such pool or node. 2: the cluster cannot be read.
    """  # noqa: D301 - \b keeps the lines below as they are
    source = ManifestSource(files, recursive, boot_user, kubeconfig, context)
    with exit_on_error():
        documents = source.files_to_apply()
        observed = observation.observe_all(kubeconfig, context)
        snapshot = (
            _with_applied(documents, observed.snapshot, source) if files else observed.snapshot
        )
        selection = Selection.of(named or (), snapshot)
    now = datetime.now(UTC)
    forecast = forecast_rollout(snapshot, boot_user, now).of(selection)
    with exit_on_error():
        upcoming = upcoming_drains(forecast, snapshot, boot_user)
        drains, error = forecast_drains(upcoming, kubeconfig, context)
    forecast = forecast.with_drains(drains)
    if error:
        print_lines([_drains_unknown(error)], stderr=True)
    if output:
        document = forecast_document(forecast, observed.forbidden_namespaces)
        print_document({"controller": observed.leadership.document(), **document}, output)
        return
    print_lines(observed.warnings(), stderr=True)
    print_lines(all_lines(observed.leadership.entries(now)), stderr=True)
    print_lines(forecast_lines(forecast, now))


def _drains_unknown(error: str) -> Line:
    unknown = "the pods that a drain would evict, and what would block it"
    return [("warning", "bold yellow"), f": {error}; not shown: {unknown}"]


def _with_applied(documents: Documents, snapshot: Snapshot, source: ManifestSource) -> Snapshot:
    """Return the cluster after `kubectl apply -f`, with the same rendered MachineConfigs."""
    new = source.with_applied(documents, source.live(offline=""))
    rendered = (config for config in snapshot.machine_configs if config.rendered)
    return replace(
        snapshot,
        pools=new.pools,
        machine_configs=(*new.machine_configs, *rendered),
        configuration=new.configuration,
    )
