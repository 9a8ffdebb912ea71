"""`kubectl mc plan`."""

from dataclasses import replace
from datetime import UTC, datetime

from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.arguments.selection import Chosen
from controller.cli.kubectl_mc.cluster import observer
from controller.cli.kubectl_mc.cluster.source import Where
from controller.cli.kubectl_mc.rollout import forecast_view
from controller.cli.kubectl_mc.rollout.forecast import outlook
from controller.cli.kubectl_mc.rollout.upcoming_drains import drains_ahead
from controller.cli.kubectl_mc.terminal import console, entries
from controller.cli.kubectl_mc.terminal.errors import ending
from controller.planning.snapshot import Snapshot


def plan(  # noqa: PLR0913 - each is an option
    named: options.PoolsAndNodes = None,
    *,
    files: options.Files = None,
    recursive: options.Recursive = False,
    output: options.Form = None,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Show for each node what is done now and next, and why.

    In the order in which the controller goes through the pool. With -f: what it would do after
    `kubectl apply` of these files.

    \b
      kubectl mc plan
      kubectl mc plan worker
      kubectl mc plan -f 50-motd.yaml

    Exit code 0: here it is. 1: there is no such pool or node. 2: it could not look.
    """  # noqa: D301 - it keeps the lines below it as they are
    where = Where(files, recursive, boot_user, kubeconfig, context)
    with ending():
        seen = observer.planner_view(kubeconfig, context)
        snapshot = _with_applied(seen.snapshot, where) if files else seen.snapshot
        chosen = Chosen.of(named or (), snapshot)
    now = datetime.now(UTC)
    found = outlook(snapshot, boot_user, now).of(chosen)
    with ending():
        ahead = drains_ahead(found, snapshot, boot_user)
        drains, unseen = observer.foreseen(ahead, kubeconfig, context)
    found = found.with_drains(drains)
    if unseen:
        console.show([_unseen(unseen)], stderr=True)
    if output:
        controller = {"controller": seen.leadership.document()}
        console.dump({**controller, **forecast_view.document(found, seen.unseen)}, output)
        return
    console.show(seen.warnings(), stderr=True)
    console.show(entries.lines(seen.leadership.entries(now)), stderr=True)
    console.show(forecast_view.lines(found, now))


def _unseen(why: str) -> console.Line:
    untold = "which pods a drain would evict, and what would block it"
    return [("warning", "bold yellow"), f": {why}; not looked at: {untold}"]


def _with_applied(snapshot: Snapshot, where: Where) -> Snapshot:
    """The cluster after `kubectl apply -f`; what the controller rendered stays."""
    _, new = where.applied()
    rendered = (each for each in snapshot.machine_configs if each.rendered)
    return replace(
        snapshot,
        pools=new.pools,
        machine_configs=(*new.machine_configs, *rendered),
        configuration=new.configuration,
    )
