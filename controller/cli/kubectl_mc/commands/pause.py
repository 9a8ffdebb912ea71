"""`kubectl mc pause`, and what `resume` shares with it."""

from datetime import UTC, datetime
from pathlib import Path

from controller.api import names
from controller.cli.kubectl_mc.arguments import options
from controller.cli.kubectl_mc.cluster import observation
from controller.cli.kubectl_mc.cluster.api_errors import explain_read_errors, explain_write_errors
from controller.cli.kubectl_mc.rollout.pause_effect import pause_effects
from controller.cli.kubectl_mc.terminal.console import print_lines
from controller.cli.kubectl_mc.terminal.errors import exit_on_error
from controller.cluster.api_server import API_PATH, ApiServer


def pause(
    named: options.Pools,
    *,
    boot_user: options.HiddenBootUser = options.BOOT_USER,
    kubeconfig: options.Kubeconfig = None,
    context: options.Context = None,
) -> None:
    """Stop updating the nodes of these pools.

    A node to which a config is already applied finishes its update. MachineConfigs are still
    rendered, and nodes still checked.

    \b
      kubectl mc pause worker

    Exit code 0: paused. 1: no such pool. 2: the cluster cannot be read or changed.
    """  # noqa: D301 - \b keeps the lines below as they are
    set_paused(named, boot_user, kubeconfig, context, paused=True)


def set_paused(
    named: list[str],
    boot_user: str,
    kubeconfig: Path | None,
    context: str | None,
    *,
    paused: bool,
) -> None:
    """Set `spec.paused` where it differs, and print the effects."""
    with exit_on_error():
        snapshot = observation.observe_all(kubeconfig, context).snapshot
        effects = pause_effects(named, snapshot, boot_user, datetime.now(UTC), paused=paused)
        with explain_read_errors():
            server = ApiServer.for_user(kubeconfig, context)
        for effect in effects:
            if effect.changed:
                resource = names.MACHINE_CONFIG_POOLS
                with explain_write_errors(f"pool {effect.pool}", "patch", resource):
                    server.patch(
                        f"{API_PATH}/{resource}/{effect.pool}", {"spec": {"paused": paused}}
                    )
            print_lines(effect.lines())
