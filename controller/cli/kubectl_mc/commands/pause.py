"""`kubectl mc pause`, and what `resume` shares with it."""

from datetime import UTC, datetime
from pathlib import Path

from controller.api import names
from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.cluster import observer
from controller.cli.kubectl_mc.cluster.api_errors import asking, changing
from controller.cli.kubectl_mc.rollout import pause_effect
from controller.cli.kubectl_mc.terminal.console import show
from controller.cli.kubectl_mc.terminal.errors import ending
from controller.cluster.api_server import OURS, ApiServer


def pause(
    named: options.Pools,
    *,
    boot_user: options.BootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Have no more nodes of these pools given a new config.

    What was begun on a node is finished. MachineConfigs are still rendered, nodes still checked.

    \b
      kubectl mc pause worker

    Exit code 0: they are paused. 1: there is no such pool. 2: it could not do it.
    """  # noqa: D301 - it keeps the lines below it as they are
    set_paused(named, boot_user, kubeconfig, context, paused=True)


def set_paused(
    named: list[str],
    boot_user: str,
    kubeconfig: Path | None,
    context: str | None,
    *,
    paused: bool,
) -> None:
    """Pause the pools or let them go on, those for which that is new, and say what it means."""
    with ending():
        snapshot = observer.planner_view(kubeconfig, context).snapshot
        now = datetime.now(UTC)
        found = pause_effect.changes(named, snapshot, boot_user, now, paused=paused)
        with asking():
            server = ApiServer.for_user(kubeconfig, context)
        for each in found:
            if each.new:
                with changing(f"pool {each.pool}", "patch", names.MACHINE_CONFIG_POOLS):
                    path = f"{OURS}/{names.MACHINE_CONFIG_POOLS}/{each.pool}"
                    server.patch(path, {"spec": {"paused": paused}})
            show(each.lines())
